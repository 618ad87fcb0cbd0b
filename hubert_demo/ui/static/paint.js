// What all pictures share: colours of the theme, sharp canvases, the scale of time with its gutters.
(() => {
  "use strict";
  const hx = window.hx;

  let tokens = new Map();

  // A custom property of tokens.css in the theme that is on.
  hx.token = (name) => {
    if (!tokens.has(name)) tokens.set(name, getComputedStyle(document.body).getPropertyValue(name).trim());
    return tokens.get(name);
  };

  const ramps = new Map();

  // 256 colours of a ramp in tokens.css ("ink" or "time"), as bytes r g b one after the other.
  hx.ramp = (name) => {
    const stops = hx.token(`--hx-ramp-${name}`);
    if (!ramps.has(stops)) ramps.set(stops, spread(stops.split(/\s+/).map(rgb)));
    return ramps.get(stops);
  };

  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  const spread = (stops) => {
    const colours = new Uint8Array(768);
    for (let i = 0; i < 256; i++) {
      const at = (i / 255) * (stops.length - 1);
      const low = Math.min(Math.floor(at), stops.length - 2);
      for (let c = 0; c < 3; c++) {
        colours[3 * i + c] = Math.round(stops[low][c] + (at - low) * (stops[low + 1][c] - stops[low][c]));
      }
    }
    return colours;
  };

  hx.colour = (ramp, fraction) => {
    const at = 3 * Math.round(255 * hx.clamp(fraction, 0, 1));
    return `rgb(${ramp[at]},${ramp[at + 1]},${ramp[at + 2]})`;
  };

  // Light and dark are a class of the body, which is not there yet when this script runs.
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(redraw).observe(document.body, { attributeFilter: ["class"] });
  });
  window.matchMedia("(max-width: 899px)").addEventListener("change", () => redraw());

  const redraw = () => {
    tokens = new Map();
    hx.emit("draw");
  };

  // Sizes a canvas in CSS pixels, clears it, and gives its context, sharp on every screen.
  hx.fit = (canvas, width, height) => {
    const ratio = window.devicePixelRatio || 1;
    const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
    const ctx = canvas.getContext("2d");
    if (canvas.width !== columns || canvas.height !== rows) {
      canvas.width = columns;
      canvas.height = rows;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    return ctx;
  };

  // Every picture with time has the same gutters, so that one moment is one vertical line down the page.
  hx.axis = (width) => {
    const left = parseFloat(hx.token("--hx-gutter-left"));
    const right = parseFloat(hx.token("--hx-gutter-right"));
    const span = Math.max(1, width - left - right);
    const { duration } = hx.clock;
    return {
      left,
      span,
      x: (time) => left + (time / duration) * span,
      time: (x) => hx.clamp(((x - left) / span) * duration, 0, duration),
    };
  };

  const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

  // Times that are worth a label when `span` pixels show `duration` seconds.
  hx.ticks = (duration, span, gap = 64) => {
    const step = STEPS.find((s) => (s / duration) * span >= gap) || 60;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    const count = Math.floor(duration / step + 1e-6) + 1;
    return Array.from({ length: count }, (_, i) => ({ time: i * step, label: (i * step).toFixed(digits) }));
  };

  hx.font = (size, bold = false) => `${bold ? "700 " : ""}${size}px "IBM Plex Sans", sans-serif`;

  // Ticks and labels of the scale of time, with `y` the foot of the picture above.
  hx.timeAxis = (ctx, axis, y) => {
    ctx.font = hx.font(12);
    ctx.fillStyle = hx.token("--hx-ink-2");
    ctx.strokeStyle = hx.token("--hx-line-strong");
    ctx.textBaseline = "top";
    for (const { time, label } of hx.ticks(hx.clock.duration, axis.span)) {
      const x = Math.round(axis.x(time)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(x, y + 4);
      ctx.stroke();
      const text = time === 0 ? `${label} s` : label;
      const half = ctx.measureText(text).width / 2;
      ctx.textAlign = "left";
      ctx.fillText(text, Math.min(x - half, axis.left + axis.span - 2 * half + 8), y + 6);
    }
  };

  // Values of 0..255, rows of `columns`, as a small canvas in the colours of a ramp, to be drawn at any size.
  hx.image = (values, columns, rows, ramp, flip = false) => {
    const canvas = document.createElement("canvas");
    canvas.width = columns;
    canvas.height = rows;
    const ctx = canvas.getContext("2d");
    const pixels = ctx.createImageData(columns, rows);
    for (let row = 0; row < rows; row++) {
      const from = (flip ? rows - 1 - row : row) * columns;
      for (let column = 0; column < columns; column++) {
        const to = 4 * (row * columns + column);
        const colour = 3 * values[from + column];
        pixels.data[to] = ramp[colour];
        pixels.data[to + 1] = ramp[colour + 1];
        pixels.data[to + 2] = ramp[colour + 2];
        pixels.data[to + 3] = 255;
      }
    }
    ctx.putImageData(pixels, 0, 0);
    return canvas;
  };

  // The line of the present in a picture with time, and the stretch that is selected; `place(axis)` moves
  // them without drawing anything.
  hx.cursor = (parent, className = "") => {
    const line = hx.make("i", { class: `hx-cursor ${className}`, "aria-hidden": "true" });
    const stretch = hx.make("i", { class: "hx-selection", "aria-hidden": "true", hidden: true });
    parent.append(stretch, line);
    let [placed, along] = [null, null];
    return {
      place: (axis) => {
        line.style.transform = `translateX(${axis.x(hx.clock.time)}px)`;
        const { selection } = hx.clock;
        if (selection === placed && axis === along) return;
        [placed, along] = [selection, axis];
        stretch.hidden = !selection;
        if (!selection) return;
        stretch.style.left = `${axis.x(selection.from)}px`;
        stretch.style.width = `${axis.x(selection.to) - axis.x(selection.from)}px`;
      },
    };
  };

  // A row of buttons of which one is chosen: [value, text, spoken] each. Gives the row; `choose(value)` marks one.
  hx.segments = (label, options, chosen, onchoose) => {
    const buttons = new Map(options.map(([value, text, spoken]) => [value, hx.make("button", {
      type: "button", text, "aria-label": spoken, "aria-pressed": String(value === chosen),
      onclick: () => {
        row.choose(value);
        onchoose(value);
      },
    })]));
    const row = hx.make("div", { class: "hx-segments", role: "group", "aria-label": label }, ...buttons.values());
    row.choose = (value) => buttons.forEach((button, own) => button.setAttribute("aria-pressed", String(own === value)));
    return row;
  };

  // A bar of a ramp's colours with what its ends mean.
  hx.scale = (name, low, high) =>
    hx.make(
      "span",
      { class: "hx-scale" },
      hx.make("span", { text: low }),
      hx.make("i", { class: `hx-ramp-${name}` }),
      hx.make("span", { text: high }),
    );

  // Numbers beneath a picture: [name, value] each.
  hx.numbers = (list) =>
    hx.make(
      "dl",
      { class: "hx-numbers" },
      ...list.map(([name, value, id]) =>
        hx.make("div", {}, hx.make("dt", { text: name }), hx.make("dd", { text: value, "data-testid": id })),
      ),
    );

  hx.calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
})();
