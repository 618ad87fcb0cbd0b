// The timeline: play, waveform over spectrogram, words beneath, and a strip that belongs to the open tab.
(() => {
  "use strict";
  const hx = window.hx;

  const strips = new Map();

  // A view's strip under the words: { label(), height, draw(ctx, axis, height) }. Repainted by hx.emit("strip").
  hx.strip = (name, strip) => strips.set(name, strip);

  const AXIS_HEIGHT = 24;
  const GAP = 8;
  const DRAG_PX = 4; // a hand that clicks moves less
  const SPEEDS = [[0.5, "½×", "Half speed"], [0.75, "¾×", "Three quarters of the speed"], [1, "1×", "Full speed"]];

  hx.view("timeline", (root) => {
    const view = build(root);
    let shown = null; // the word cell that is lit

    const draw = () => {
      if (!hx.result || !root.clientWidth) return;
      const width = root.clientWidth;
      view.width = width;
      view.axis = hx.axis(width);
      drawSound(view, width);
      shown = null;
      hx.layWords(view);
      drawStrip(view);
      sayHeights(root, view);
      tick();
    };

    const tick = () => {
      if (!view.axis || !hx.result) return;
      const { time, playing } = hx.clock;
      view.cursors.forEach((cursor) => cursor.place(view.axis));
      view.time.textContent = time.toFixed(2);
      const word = hx.clock.wordAt(time);
      view.word.textContent = word ? word.text : "";
      if (view.playing !== playing) {
        view.playing = playing;
        view.play.replaceChildren(hx.icon(playing ? "pause" : "play"));
        view.play.setAttribute("aria-label", playing ? "Pause" : "Play");
      }
      const cell = word ? view.cells.get(word) : null;
      if (cell !== shown) {
        shown?.classList.remove("is-now");
        cell?.classList.add("is-now");
        shown = cell;
      }
      hx.announce(view.canvas);
    };

    hx.on("strip", (name) => {
      if (name !== hx.open || !hx.result || !view.axis) return;
      drawStrip(view);
      sayHeights(root, view);
    });

    return {
      result: (result) => {
        view.duration.textContent = ` / ${hx.seconds(hx.clock.duration)}`;
        showNotes(view, result);
        const { spectrogram } = result.views.timeline;
        view.spectrogram = hx.unpack(spectrogram);
        draw();
      },
      busy: (what) => {
        root.classList.toggle("is-busy", Boolean(what));
        if (what) view.waiting.textContent = `${what} …`;
      },
      error: (text) => {
        if (text && !hx.result) view.waiting.textContent = "Nothing has been analysed yet.";
      },
      open: draw,
      draw,
      tick,
    };
  });

  // What it is and what was done to it; a long name is cut, what was done is not.
  const showNotes = (view, result) => {
    const { changes } = result.views.timeline;
    const seconds = Math.max(0.1, result.seconds).toFixed(1);
    const done = [...changes, `analysed in ${seconds} s`].map((change) => ` · ${change}`).join("");
    view.notes.title = `${result.title}${done}`;
    view.notes.replaceChildren(
      hx.make("span", { class: "hx-name", text: result.title }), hx.make("span", { text: done }),
    );
    view.hint.hidden = changes.length > 0;
  };

  // How much of the card may leave a small screen: down to the lower half of the spectrogram, or all but the bar.
  const sayHeights = (root, view) => {
    const spectrumHeight = parseFloat(hx.token("--hx-spectrum-height"));
    const above = view.sound.offsetTop + waveHeight() + GAP + spectrumHeight / 2;
    document.body.style.setProperty("--hx-above", `${above}px`);
    document.body.style.setProperty("--hx-all-but-bar", `${root.offsetHeight - view.bar.offsetHeight}px`);
  };

  const build = (root) => {
    const view = { cells: new Map() };
    view.play = hx.make("button", {
      type: "button", class: "hx-play", "aria-label": "Play", "data-testid": "play", onclick: () => {
        if (hx.result) hx.clock.toggle();
      },
    }, hx.icon("play"));
    view.time = hx.make("b", { text: "0.00", "data-testid": "clock" });
    view.duration = hx.make("span", { text: "" });
    view.word = hx.make("b", { class: "hx-said", "data-testid": "now-word" });
    view.notes = hx.make("p", { class: "hx-notes", "data-testid": "notes" });
    view.hint = hx.make("span", { class: "hx-hint", text: "Click to jump · drag to select · space plays" });
    const speed = hx.segments("Speed", SPEEDS, 1, (rate) => {
      hx.clock.rate = rate;
    });
    speed.dataset.testid = "speed";
    view.bar = hx.make(
      "div", { class: "hx-bar" }, view.play, hx.make("span", { class: "hx-clock" }, view.time, view.duration), view.word,
    );
    const more = hx.make("div", { class: "hx-bar hx-bar-end" }, view.hint, speed);
    view.waiting = hx.make("p", { class: "hx-waiting", text: "Waking the model up …" });
    view.canvas = hx.slider("Position in the recording");
    view.canvas.dataset.testid = "timeline-canvas";
    view.words = hx.make("div", { class: "hx-words", "aria-hidden": "true" });
    view.sound = hx.make("div", { class: "hx-sound" }, view.canvas);
    view.stripLabel = hx.make("p", { class: "hx-strip-label" });
    view.stripCanvas = hx.make("canvas", { "aria-hidden": "true" });
    view.stripBox = hx.make("div", { class: "hx-strip" }, view.stripCanvas);
    view.strip = hx.make("div", { hidden: true, "data-testid": "strip" }, view.stripLabel, view.stripBox);
    root.append(view.bar, view.notes, more, view.waiting, view.sound, view.words, view.strip);
    view.cursors = [hx.cursor(view.sound, "has-flag"), hx.cursor(view.stripBox)];
    hx.keys(view.canvas);
    point(view, view.canvas);
    point(view, view.stripCanvas);
    return view;
  };

  // Press to jump, drag to select.
  const point = (view, canvas) => {
    let pressed = null; // where, in pixels and seconds, and whether the pointer has been dragged since
    const timeAt = (event) => view.axis.time(event.clientX - canvas.getBoundingClientRect().left);
    canvas.addEventListener("pointerdown", (event) => {
      if (!view.axis || event.button) return;
      canvas.setPointerCapture(event.pointerId);
      pressed = { x: event.clientX, time: timeAt(event), dragged: false };
      hx.clock.select(null);
      hx.clock.seek(pressed.time);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!pressed || (!pressed.dragged && Math.abs(event.clientX - pressed.x) < DRAG_PX)) return;
      pressed.dragged = true;
      hx.clock.select(pressed.time, timeAt(event));
    });
    canvas.addEventListener("pointerup", () => {
      if (pressed?.dragged && hx.clock.selection) hx.clock.seek(hx.clock.selection.from);
      pressed = null;
    });
    canvas.addEventListener("pointercancel", () => {
      pressed = null;
    });
  };

  const waveHeight = () => parseFloat(hx.token("--hx-wave-height"));

  const drawSound = (view, width) => {
    const spectrumHeight = parseFloat(hx.token("--hx-spectrum-height"));
    const ctx = hx.fit(view.canvas, width, waveHeight() + GAP + spectrumHeight + AXIS_HEIGHT);
    drawWave(ctx, view.axis, waveHeight());
    ctx.translate(0, waveHeight() + GAP);
    drawSpectrum(ctx, view, spectrumHeight);
    hx.timeAxis(ctx, view.axis, spectrumHeight);
  };

  // One column a pixel: from the lowest to the highest sample that falls on it.
  const drawWave = (ctx, axis, height) => {
    const { samples } = hx.result;
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
    const middle = height / 2;
    const scale = (middle - 2) / peak;
    const columns = Math.floor(axis.span);
    ctx.fillStyle = hx.token("--hx-waveform");
    for (let column = 0; column < columns; column++) {
      const from = Math.floor((column / columns) * samples.length);
      const to = Math.max(from + 1, Math.floor(((column + 1) / columns) * samples.length));
      let low = samples[from];
      let high = low;
      for (let i = from; i < to; i++) {
        if (samples[i] < low) low = samples[i];
        if (samples[i] > high) high = samples[i];
      }
      const top = middle - high * scale;
      ctx.fillRect(axis.left + column, top - 0.4, 1, Math.max(0.8, (high - low) * scale + 0.8));
    }
  };

  const drawSpectrum = (ctx, view, height) => {
    const { column_s: columnS, frequencies_hz: frequencies } = hx.result.views.timeline;
    const [rows, columns] = view.spectrogram.shape;
    const lifted = view.spectrogram.map((level) => Math.max(0, level - 64) * (255 / 191));
    const picture = hx.image(lifted, columns, rows, hx.ramp("ink"), true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(view.axis.left, 0, view.axis.span, height);
    ctx.clip();
    ctx.imageSmoothingQuality = "high";
    const left = view.axis.x(-columnS / 2);
    ctx.drawImage(picture, left, 0, view.axis.x((columns - 0.5) * columnS) - left, height);
    ctx.restore();
    labelFrequencies(ctx, view.axis, frequencies, height);
  };

  const labelFrequencies = (ctx, axis, frequencies, height) => {
    ctx.font = hx.font(12);
    ctx.fillStyle = hx.token("--hx-ink-2");
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    let above = Infinity;
    const lowest = height < 100 ? [] : [[500, "500"]];
    for (const [hz, label] of [...lowest, [1000, "1k"], [2000, "2k"], [4000, "4k"], [8000, "8k"]]) {
      const beyond = hz > frequencies[frequencies.length - 1];
      const row = beyond ? frequencies.length : frequencies.findIndex((centre) => centre >= hz);
      const y = height * (1 - (row + 0.5) / frequencies.length);
      if (above - y < 14) continue;
      above = y;
      ctx.fillText(label, axis.left - 8, Math.max(y, 7));
    }
    if (axis.left < 60) return;
    ctx.save();
    ctx.translate(20, height / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = "center";
    ctx.fillText("frequency, Hz", 0, 0);
    ctx.restore();
  };

  const drawStrip = (view) => {
    const strip = strips.get(hx.open);
    const label = strip && strip.label();
    view.strip.hidden = !label;
    if (!label) return;
    view.stripLabel.textContent = label;
    strip.draw(hx.fit(view.stripCanvas, view.width, strip.height), view.axis, strip.height);
    view.cursors[1].place(view.axis);
  };
})();
