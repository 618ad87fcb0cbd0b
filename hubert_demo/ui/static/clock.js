// The one audio element and the one clock. `hx.clock.seek(t)` moves it, and every view hears "tick": many
// times a second, so whoever listens does little and reads no layout.
(() => {
  "use strict";
  const hx = window.hx;

  const audio = new Audio();
  const SELECT_S = 0.1; // what an arrow key with shift adds to the selection
  const AT_END_S = 0.02; // as near to the end as this, playing begins anew
  const SAY_MS = 250; // how often a screen reader's text follows the clock while it plays

  const grids = new WeakMap();

  // Where frames lie in time, of a payload that says it: the timeline's for the frames of the chosen model, the
  // transcript's for those of the model that wrote it.
  hx.grid = (payload) => {
    if (!grids.has(payload)) grids.set(payload, gridOf(payload));
    return grids.get(payload);
  };

  const gridOf = ({ hop_s: hop, first_frame_s: first, num_frames: count }) => ({
    hop,
    count,
    frameAt: (time) => hx.clamp(Math.round((time - first) / hop), 0, count - 1),
    timeOf: (frame) => first + frame * hop,
    // Where the stretch that a frame stands for begins; the one before ends there.
    startOf: (frame) => first + (frame - 0.5) * hop,
  });

  let now = 0;
  let stop = null; // { at, back, selected }: where a stretch ends, and where the clock returns to
  let selection = null;
  let running = false;
  let lastWord = null;

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
    // The frames of the chosen model, and the one that is heard now.
    get grid() {
      return hx.grid(hx.result.views.timeline);
    },
    get frame() {
      return clock.grid.frameAt(now);
    },
    timeOf: (frame) => clock.grid.timeOf(frame),
    // The word that is said at a time, or null.
    wordAt: (time) => {
      const says = (word) => word.start_s <= time && time < word.end_s;
      if (!lastWord || !says(lastWord)) lastWord = hx.result.views.transcript.words.find(says) || null;
      return lastWord;
    },
    // The stretch that is selected, { from, to }, or null. A new one is a new object.
    get selection() {
      return selection;
    },
    // Selects a stretch, whichever end comes first; nothing, or less than a frame, selects none.
    select: (from, to) => {
      const [start, end] = [from, to].map((time) => hx.clamp(time, 0, clock.duration)).sort((a, b) => a - b);
      const none = from == null || to == null || end - start < clock.grid.hop;
      if (none && !selection) return;
      selection = none ? null : Object.freeze({ from: start, to: end });
      if (!stop || stop.selected) stop = endOfSelection();
      hx.emit("tick", clock);
    },
    // 0.5 to 1; the pitch stays.
    get rate() {
      return audio.playbackRate;
    },
    set rate(rate) {
      audio.preservesPitch = true;
      audio.playbackRate = audio.defaultPlaybackRate = rate;
    },
    load: (samples, rate) => {
      audio.pause();
      if (audio.src) URL.revokeObjectURL(audio.src);
      audio.src = URL.createObjectURL(new Blob([wavHeader(samples.length, rate), samples], { type: "audio/wav" }));
      stop = selection = lastWord = null;
      now = 0;
    },
    seek: (time) => {
      move(time);
      stop = endOfSelection();
    },
    step: (seconds) => clock.seek(now + seconds),
    toggle: () => {
      if (clock.playing) return audio.pause();
      const { from, to } = selection || { from: 0, to: clock.duration };
      if ((selection && now < from) || now > to - AT_END_S) move(from);
      stop = endOfSelection();
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

  // Where playing stops if the clock stands in the selection; behind it, nothing stops it.
  const endOfSelection = () =>
    selection && now >= selection.from && now < selection.to
      ? { at: selection.to, back: selection.from, selected: true }
      : null;

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

  // Where space means something else: in a text always; on what can be pressed, where a key led there. What a
  // pointer has pressed keeps the focus, but whoever presses space then wants to hear.
  const WRITES = "input:not([type=range]), textarea, select, [contenteditable], #hx-recorder";
  const IS_PRESSED = "button, a, summary, [role=tab]";
  let byPointer = false;

  document.addEventListener("pointerdown", () => {
    byPointer = true;
  }, true);

  const plays = (event) => {
    if (event.code !== "Space" || !hx.result || event.ctrlKey || event.metaKey || event.altKey) return false;
    return !event.target.closest(byPointer ? WRITES : `${WRITES}, ${IS_PRESSED}`);
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && hx.result) clock.select(null);
    if (event.key === "Tab" || event.key.startsWith("Arrow")) byPointer = false;
    if (!plays(event)) return;
    event.preventDefault();
    if (!event.repeat) clock.toggle();
  });

  // A button is pressed when space is let go.
  document.addEventListener("keyup", (event) => {
    if (plays(event)) event.preventDefault();
  });

  const STEPS = {
    ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e6, End: 1e6,
  };

  // Arrow keys on a picture with time: a frame up or down; page keys ten; Home and End; with shift, left and
  // right select.
  hx.keys = (canvas) =>
    canvas.addEventListener("keydown", (event) => {
      if (!hx.result || !(event.key in STEPS)) return;
      event.preventDefault();
      if (event.shiftKey) extend(STEPS[event.key] * SELECT_S);
      else clock.seek(clock.timeOf(clock.frame + STEPS[event.key]));
    });

  // Moves the end of the selection at which the clock stands; elsewhere, begins a new one here.
  const extend = (seconds) => {
    const at = (time) => Math.abs(time - now) < 1e-6;
    let anchor = now;
    if (selection && at(selection.to)) anchor = selection.from;
    else if (selection && at(selection.from)) anchor = selection.to;
    move(now + seconds);
    clock.select(anchor, now);
  };

  const said = new WeakMap();

  // Says to a screen reader where the clock stands; `more` adds what this picture shows there.
  hx.announce = (canvas, more = "") => {
    const passed = performance.now() - (said.get(canvas) || -Infinity);
    if (clock.playing && passed < SAY_MS) return;
    said.set(canvas, performance.now());
    const word = clock.wordAt(now);
    const spoken = word ? `, ${word.text}` : "";
    const chosen = selection ? `, selected ${selection.from.toFixed(2)} to ${selection.to.toFixed(2)}` : "";
    canvas.setAttribute("aria-valuemax", clock.duration.toFixed(2));
    canvas.setAttribute("aria-valuenow", now.toFixed(2));
    canvas.setAttribute("aria-valuetext", `${now.toFixed(2)} seconds${spoken}${chosen}${more}`);
  };

  hx.slider = (label) =>
    hx.make("canvas", {
      tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": 0, "aria-valuenow": 0,
    });
})();
