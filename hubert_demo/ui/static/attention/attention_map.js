// The large attention map: the picture, its axes in seconds and words, the row in question, and that row as a
// curve under the timeline. `hx.attention` is what attention.js and heads.js draw with.
(() => {
  "use strict";
  const hx = window.hx;

  const MOST_SIDE = 560;
  const SEEN_MS = 400; // what a press plays
  const RIGHT = 8;
  const TOP = 4;
  const TICKS = 36; // room for the labels of the scale
  const TITLE = 22; // and for what an axis is
  const WORDS = { widest: 84, gap: 10, high: 18, from: 460 }; // beside the map from this width on

  // The value at which the colour is full: few values are larger, and they would leave the rest pale.
  const limitOf = (values) => {
    const counts = new Uint32Array(256);
    const most = values.reduce((a, b) => Math.max(a, b), 1);
    values.forEach((value) => counts[Math.floor((255 * value) / most)]++);
    let seen = 0;
    let level = 255;
    while (level > 8 && seen + counts[level] < values.length * 0.004) seen += counts[level--];
    return ((level + 1) / 256) * most;
  };

  const levelsOf = (values) => {
    const limit = limitOf(values);
    return Uint8Array.from(values, (value) => Math.min(255, (255 * value) / limit));
  };

  const small = (value) => (value >= 0.1 ? value.toFixed(2) : value.toPrecision(2));

  const binOf = (view, frame) => Math.floor(frame / view.map.frames_per_bin);
  const timeOf = (view, bin) => {
    const { frames_per_bin: size } = view.map;
    const last = Math.min((bin + 1) * size, hx.result.views.timeline.num_frames) - 1;
    return hx.clock.timeOf((bin * size + last) / 2);
  };
  // The row in question: the one pointed at, else the present.
  const rowOf = (view) => (view.hover ? view.hover.row : binOf(view, hx.clock.frame));
  const timeOfRow = (view) => timeOf(view, rowOf(view));
  const valueAt = (view, row, column) => (view.values[row * view.map.bins + column] / 65535) * view.map.max;

  // Where the map lies in its canvas.
  const arrange = (view) => {
    const width = view.big.clientWidth;
    const { words } = hx.result.views.transcript;
    const ctx = view.base.getContext("2d");
    ctx.font = hx.font(12);
    const longest = Math.max(0, ...words.map((word) => ctx.measureText(hx.short(word.text)).width));
    const beside = words.length && width >= WORDS.from ? Math.min(WORDS.widest, longest) + WORDS.gap : 0;
    const left = TITLE + beside + TICKS;
    const below = words.length ? WORDS.high : 0;
    const side = Math.max(40, Math.min(width - left - RIGHT, MOST_SIDE));
    const frames = hx.result.views.timeline.num_frames;
    view.geometry = {
      left, top: TOP, side, width, frames, beside, below,
      height: TOP + side + 22 + below + TITLE,
      first: hx.clock.grid.startOf(0),
      span: frames * hx.clock.grid.hop,
      cell: (side * view.map.frames_per_bin) / frames,
    };
  };

  const paint = (view) => {
    arrange(view);
    const { left, top, side, width, height, frames } = view.geometry;
    const { bins } = view.map;
    const ctx = hx.fit(view.base, width, height);
    ctx.imageSmoothingEnabled = bins > side;
    // The last bin may stand for fewer frames than the others.
    const cells = frames / view.map.frames_per_bin;
    ctx.drawImage(hx.image(levelsOf(view.values), bins, bins, hx.ramp("ink")), 0, 0, cells, cells, left, top, side, side);
    ctx.lineWidth = 1;
    ctx.strokeStyle = hx.token("--hx-line-strong");
    ctx.strokeRect(left + 0.5, top + 0.5, side - 1, side - 1);
    drawAxes(ctx, view.geometry);
    drawWords(ctx, view.geometry);
    Object.assign(view.now.style, { top: `${top}px`, height: `${side}px`, bottom: "auto" });
    const limit = (limitOf(view.values) / 65535) * view.map.max;
    const beyond = limit < view.map.max * 0.99;
    view.range.replaceChildren(hx.scale("ink", "0", beyond ? `${small(limit)} or more` : small(limit)));
    view.range.title = `Largest value ${small(view.map.max)}`;
  };

  const drawAxes = (ctx, { left, top, side, first, span, below }) => {
    ctx.font = hx.font(12);
    ctx.fillStyle = hx.token("--hx-ink-2");
    ctx.strokeStyle = hx.token("--hx-line-strong");
    for (const { time, label } of hx.ticks(hx.clock.duration, side, 56)) {
      const at = Math.max(0, Math.round(((time - first) / span) * side));
      if (at > side) continue;
      ctx.textAlign = "center";
      ctx.textBaseline = "top";
      ctx.fillText(time ? label : `${label} s`, left + at, top + side + 6);
      ctx.textAlign = "right";
      ctx.textBaseline = "middle";
      ctx.fillText(label, left - 7, top + Math.max(6, at));
      ctx.beginPath();
      ctx.moveTo(left + at + 0.5, top + side);
      ctx.lineTo(left + at + 0.5, top + side + 4);
      ctx.moveTo(left - 4, top + at + 0.5);
      ctx.lineTo(left, top + at + 0.5);
      ctx.stroke();
    }
    ctx.fillStyle = hx.token("--hx-ink-3");
    ctx.textAlign = "center";
    ctx.textBaseline = "alphabetic";
    ctx.fillText("looks at", left + side / 2, top + side + 22 + below + 15);
    ctx.save();
    ctx.translate(12, top + side / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText("this moment", 0, 0);
    ctx.restore();
  };

  // A bracket a word on both axes, and its text where the one before leaves room for it.
  const drawWords = (ctx, { left, top, side, first, span, beside }) => {
    const across = left - TICKS + 4;
    const down = top + side + 23;
    const at = (time) => hx.clamp(((time - first) / span) * side, 0, side);
    let [freeX, freeY] = [-Infinity, -Infinity];
    ctx.font = hx.font(12);
    ctx.fillStyle = hx.token("--hx-ink");
    ctx.strokeStyle = hx.token("--hx-ink-3");
    ctx.lineWidth = 1;
    for (const word of hx.result.views.transcript.words) {
      const [from, to] = [at(word.start_s), Math.max(at(word.start_s) + 2, at(word.end_s) - 2)];
      const text = hx.short(word.text);
      const half = ctx.measureText(text).width / 2;
      const middle = (from + to) / 2;
      line(ctx, left + from, down, left + to, down);
      if (middle - half >= freeX) {
        ctx.textAlign = "center";
        ctx.textBaseline = "top";
        ctx.fillText(text, left + middle, down + 3);
        freeX = middle + half + 4;
      }
      if (!beside) continue;
      line(ctx, across, top + from, across, top + to);
      if (middle - 7 < freeY) continue;
      ctx.textAlign = "right";
      ctx.textBaseline = "middle";
      ctx.fillText(text, across - 6, top + middle, beside - WORDS.gap + 4);
      freeY = middle + 7;
    }
  };

  const line = (ctx, x1, y1, x2, y2) => {
    ctx.beginPath();
    ctx.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
    ctx.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
    ctx.stroke();
  };

  const placeNow = (view) => {
    const { left, side, first, span } = view.geometry;
    const x = left + hx.clamp(((hx.clock.time - first) / span) * side, 0, side);
    view.now.style.transform = `translateX(${x}px)`;
  };

  // The row in question is framed; where the pointer reads a value, so is its cell.
  const paintRow = (view) => {
    const { left, top, side, width, height, cell } = view.geometry;
    const ctx = hx.fit(view.over, width, height);
    const tall = Math.max(5, cell);
    const centre = top + hx.clamp((rowOf(view) + 0.5) * cell, tall / 2, side - tall / 2);
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = hx.token("--hx-now");
    ctx.strokeRect(left, centre - tall / 2, side, tall);
    if (!view.hover) return;
    ctx.strokeStyle = hx.token("--hx-ink");
    ctx.strokeRect(left + view.hover.column * cell - 2, centre - tall / 2 - 2, cell + 4, tall + 4);
  };

  const listen = (view) => {
    const locate = (event) => {
      if (!view.geometry || !view.map) return null;
      const { left, top, cell } = view.geometry;
      const column = Math.floor((event.offsetX - left) / cell);
      const row = Math.floor((event.offsetY - top) / cell);
      const { bins } = view.map;
      if (column < 0 || row < 0 || column >= bins || row >= bins) return null;
      const same = view.hover && view.hover.row === row && view.hover.column === column;
      return same ? view.hover : { row, column };
    };
    const hover = (place) => {
      view.hover = place;
      view.tick();
    };
    view.base.addEventListener("pointermove", (event) => hover(locate(event)));
    view.base.addEventListener("pointerleave", () => hover(null));
    view.base.addEventListener("click", (event) => {
      const place = locate(event);
      if (!place) return;
      const time = timeOf(view, place.row);
      hx.clock.hear(time, time + SEEN_MS / 1000);
    });
  };

  // A row on the scale of the timeline; a dotted line at its moment where that is not the present.
  const drawRow = (ctx, view, axis, height) => {
    if (!view.geometry) return;
    const row = rowOf(view);
    const { bins } = view.map;
    let most = 0;
    for (let i = 0; i < bins; i++) most = Math.max(most, valueAt(view, row, i));
    const foot = height - 8;
    ctx.fillStyle = hx.token("--hx-action");
    ctx.beginPath();
    ctx.moveTo(axis.left, foot);
    for (let i = 0; i < bins; i++) {
      ctx.lineTo(axis.x(timeOf(view, i)), foot - (valueAt(view, row, i) / most) * (foot - 4));
    }
    ctx.lineTo(axis.left + axis.span, foot);
    ctx.fill();
    ctx.lineWidth = 1;
    ctx.strokeStyle = hx.token("--hx-line-strong");
    line(ctx, axis.left, foot, axis.left + axis.span, foot);
    if (!view.hover) return;
    ctx.strokeStyle = hx.token("--hx-ink");
    ctx.setLineDash([3, 3]);
    const x = axis.x(timeOf(view, row));
    line(ctx, x, 0, x, foot);
    ctx.setLineDash([]);
  };

  hx.attention = {
    levelsOf, rowOf, timeOf, timeOfRow, valueAt, paint, placeNow, paintRow, listen, drawRow,
  };
})();
