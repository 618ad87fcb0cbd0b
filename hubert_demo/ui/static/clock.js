// The one audio element and the one clock. `hx.clock.seek(t)` moves it, and every view hears "tick".
(() => {
  "use strict";
  const hx = window.hx;

  const HOP_S = 0.02;
  const audio = new Audio();
  let now = 0;
  let stop = null; // { at, back }: where a snippet ends, and where the clock returns to
  let running = false;

  const clock = {
    get time() {
      return now;
    },
    get duration() {
      return hx.result ? hx.result.views.timeline.duration_s : 0;
    },
    get playing() {
      return !audio.paused;
    },
    // The frame that is heard now, and back.
    get frame() {
      return clock.frameAt(now);
    },
    frameAt: (time) => {
      const { first_frame_s: first, num_frames: count } = hx.result.views.timeline;
      return hx.clamp(Math.round((time - first) / HOP_S), 0, count - 1);
    },
    timeOf: (frame) => hx.result.views.timeline.first_frame_s + frame * HOP_S,
    // The word that is said at a time, or null.
    wordAt: (time) =>
      hx.result.views.transcript.words.find((word) => word.start_s <= time && time < word.end_s) || null,
    load: (samples, rate) => {
      audio.pause();
      if (audio.src) URL.revokeObjectURL(audio.src);
      audio.src = URL.createObjectURL(new Blob([wavHeader(samples.length, rate), samples], { type: "audio/wav" }));
      stop = null;
      now = 0;
    },
    seek: (time) => {
      stop = null;
      move(time);
    },
    step: (seconds) => clock.seek(now + seconds),
    toggle: () => {
      if (clock.playing) return audio.pause();
      stop = null;
      if (now > clock.duration - 0.02) move(0);
      return start();
    },
    // Plays one stretch, then comes back to its beginning.
    hear: (from, to) => {
      move(from);
      stop = { at: Math.min(to, clock.duration), back: from };
      return start();
    },
  };
  hx.clock = clock;

  const move = (time) => {
    now = hx.clamp(time, 0, clock.duration);
    audio.currentTime = now;
    hx.emit("tick", clock);
  };

  // Refused where a browser wants a gesture first: then the clock has moved, and that is all.
  const start = () => audio.play().catch(() => {});

  const run = () => {
    if (audio.paused) {
      running = false;
      return;
    }
    now = hx.clamp(audio.currentTime, 0, clock.duration);
    if (stop && now >= stop.at) {
      const { back } = stop;
      stop = null;
      audio.pause();
      move(back);
    } else {
      hx.emit("tick", clock);
    }
    requestAnimationFrame(run);
  };

  audio.addEventListener("play", () => {
    hx.emit("tick", clock);
    if (!running) {
      running = true;
      requestAnimationFrame(run);
    }
  });
  audio.addEventListener("pause", () => hx.result && hx.emit("tick", clock));
  audio.addEventListener("ended", () => move(stop ? stop.back : clock.duration));

  const wavHeader = (count, rate) => {
    const header = new DataView(new ArrayBuffer(44));
    const text = (at, letters) => [...letters].forEach((l, i) => header.setUint8(at + i, l.charCodeAt(0)));
    text(0, "RIFF");
    header.setUint32(4, 36 + 2 * count, true);
    text(8, "WAVEfmt ");
    header.setUint32(16, 16, true);
    header.setUint16(20, 1, true);
    header.setUint16(22, 1, true);
    header.setUint32(24, rate, true);
    header.setUint32(28, 2 * rate, true);
    header.setUint16(32, 2, true);
    header.setUint16(34, 16, true);
    text(36, "data");
    header.setUint32(40, 2 * count, true);
    return header;
  };

  const TAKES_SPACE = "input, textarea, select, button, a, summary, [contenteditable], [role=tab]";

  document.addEventListener("keydown", (event) => {
    if (event.code !== "Space" || event.repeat || !hx.result) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TAKES_SPACE)) return;
    event.preventDefault();
    clock.toggle();
  });

  // Arrow keys on a picture with time: a frame up or down, ten with shift, Home and End.
  hx.keys = (canvas) =>
    canvas.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 10 : 1;
      const steps = {
        ArrowLeft: -far, ArrowDown: -far, ArrowRight: far, ArrowUp: far, Home: -1e6, End: 1e6,
      };
      if (!hx.result || !(event.key in steps)) return;
      event.preventDefault();
      clock.seek(clock.timeOf(clock.frame + steps[event.key]));
    });

  // Says to a screen reader where the clock stands; `more` adds what this picture shows there.
  hx.announce = (canvas, more = "") => {
    const word = clock.wordAt(now);
    const said = word ? `, ${word.text}` : "";
    canvas.setAttribute("aria-valuemax", clock.duration.toFixed(2));
    canvas.setAttribute("aria-valuenow", now.toFixed(2));
    canvas.setAttribute("aria-valuetext", `${now.toFixed(2)} seconds${said}${more}`);
  };

  hx.slider = (label) =>
    hx.make("canvas", {
      tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": 0, "aria-valuenow": 0,
    });
})();
