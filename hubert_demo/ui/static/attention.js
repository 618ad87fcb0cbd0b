// Heads of a layer as small maps, the chosen one large. A row is a moment that looks, a column one looked at.
(() => {
  "use strict";
  const hx = window.hx;

  const MARGIN = { left: 58, bottom: 40, right: 8, top: 4 };
  const HOP_S = 0.02;

  hx.view("attention", (root, page) => {
    const view = build(root);
    const choose = (layer, head) => choice(view, page, layer, head);
    view.choose = choose;
    view.slider.addEventListener("input", () => choose(Number(view.slider.value) - 1, view.head));

    const draw = () => {
      if (!view.map || !root.clientWidth) return;
      paintMap(view);
      paintThumbnails(view);
      tick();
      hx.emit("strip", "attention");
    };

    const tick = () => {
      if (!view.map || !view.geometry) return;
      paintNow(view);
      if (hx.open === "attention") hx.emit("strip", "attention");
    };

    Object.assign(view, { draw, tick });
    hx.strip("attention", {
      height: 44,
      label: () => view.geometry && view.map && `Where the moment at ${hx.seconds(timeOfBin(view, rowOf(view)))} looks · layer ${view.map.layer + 1}, head ${view.map.head + 1}`,
      draw: (ctx, axis, height) => drawGaze(ctx, view, axis, height),
    });

    return {
      tab: true, draw, tick,
      result: (result) => {
        const { num_layers: layers, num_heads: heads } = result.views.attention;
        view.layers = layers;
        view.heads = heads;
        view.slider.max = layers;
        view.map = view.small = null;
        view.thumbs.replaceChildren();
        view.big.classList.add("is-waiting");
        choose(Math.min(view.layer ?? Math.floor((layers - 1) / 2), layers - 1), Math.min(view.head, heads - 1));
      },
    };
  });

  const build = (root) => {
    const view = { root, layer: null, head: 0, asked: 0 };
    view.slider = hx.make("input", { type: "range", min: 1, max: 1, step: 1, value: 1, "aria-label": "Layer", "data-testid": "attention-layer" });
    view.which = hx.make("output", { class: "hx-which", "data-testid": "attention-layer-name" });
    view.thumbs = hx.make("div", { class: "hx-thumbs", role: "group", "aria-label": "Heads" });
    view.title = hx.make("h2", { "data-testid": "attention-title" });
    view.range = hx.make("span", {});
    view.base = hx.slider("Attention map: rows look at columns");
    view.base.dataset.testid = "attention-map";
    view.over = hx.make("canvas", { class: "hx-over", "aria-hidden": "true" });
    view.big = hx.make("div", { class: "hx-map hx-attention is-waiting" }, view.base, view.over);
    view.reading = hx.make("p", { class: "hx-reading", "data-testid": "attention-reading" });
    view.numbers = hx.make("div", { "data-testid": "attention-numbers" });
    view.problem = hx.make("p", { class: "hx-nothing", role: "alert", hidden: true });
    const controls = hx.make("div", { class: "hx-controls" },
      hx.make("label", { class: "hx-grow" }, hx.make("span", { text: "Layer" }), view.slider), view.which);
    root.append(hx.make("div", { class: "hx-columns hx-columns-attention" },
      hx.make("div", { class: "hx-card" }, controls, view.thumbs, hx.make("p", {
        class: "hx-quiet", text: "Each small map is one head of this layer; the stronger the colour, the more it looks there. A line from corner to corner looks at the moment itself, an upright line at one moment from everywhere.",
      })),
      hx.make("div", { class: "hx-card" }, hx.make("div", { class: "hx-bar" }, view.title, view.range),
        view.problem, view.big, view.reading, view.numbers)));
    hx.keys(view.base);
    listen(view);
    return view;
  };

  // Shows a layer and head; what is not on the page yet comes from the server, newest request wins.
  const choice = async (view, page, layer, head) => {
    const asked = ++view.asked;
    const otherLayer = !view.small || view.smallLayer !== layer;
    Object.assign(view, { layer, head });
    describe(view);
    view.root.setAttribute("aria-busy", "true");
    try {
      const [small, map] = await Promise.all([
        otherLayer ? hx.ask(page, "heads", { layer }) : null,
        hx.ask(page, "head_map", { layer, head }),
      ]);
      if (asked !== view.asked || !map) return;
      if (small) Object.assign(view, { small: hx.unpack(small.maps), smallLayer: layer, smallFramesPerBin: small.frames_per_bin });
      view.values = hx.unpack(map.map);
      view.map = map;
      view.problem.hidden = true;
      view.big.classList.remove("is-waiting");
      fillThumbnails(view);
      describe(view);
      view.draw();
      view.root.dataset.shown = `${layer}-${head}`;
    } catch (problem) {
      if (asked !== view.asked) return;
      view.problem.textContent = problem.message;
      view.problem.hidden = false;
    }
    view.root.removeAttribute("aria-busy");
  };

  const describe = (view) => {
    view.slider.value = view.layer + 1;
    view.slider.style.setProperty("--share", `${(100 * view.layer) / Math.max(1, view.layers - 1)}%`);
    view.which.textContent = `${view.layer + 1} of ${view.layers}`;
    view.title.textContent = `Layer ${view.layer + 1}, head ${view.head + 1}`;
    for (const [head, thumb] of [...view.thumbs.children].entries()) {
      thumb.setAttribute("aria-pressed", String(head === view.head));
    }
  };

  const fillThumbnails = (view) => {
    if (view.thumbs.children.length === view.heads) return;
    const thumbs = Array.from({ length: view.heads }, (_, head) =>
      hx.make("button", {
        type: "button", class: "hx-thumb", "aria-label": `Head ${head + 1}`, "data-testid": `head-${head}`,
        onclick: () => view.choose(view.layer, head),
      }, hx.make("canvas", { "aria-hidden": "true" }), hx.make("b", { text: String(head + 1) })),
    );
    view.thumbs.style.setProperty("--columns", view.heads <= 4 ? 2 : view.heads <= 12 ? 3 : 4);
    view.thumbs.replaceChildren(...thumbs);
  };

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

  const paintThumbnails = (view) => {
    const [, bins] = view.small.shape;
    const cells = hx.result.views.timeline.num_frames / view.smallFramesPerBin;
    for (const [head, thumb] of [...view.thumbs.children].entries()) {
      const canvas = thumb.firstChild;
      const side = thumb.clientWidth - 10;
      const ctx = hx.fit(canvas, side, side);
      const values = view.small.subarray(head * bins * bins, (head + 1) * bins * bins);
      ctx.imageSmoothingEnabled = bins > side;
      ctx.drawImage(hx.image(levelsOf(values), bins, bins, hx.ramp("ink")), 0, 0, cells, cells, 0, 0, side, side);
    }
  };

  const paintMap = (view) => {
    const width = view.big.clientWidth;
    const side = Math.min(width - MARGIN.left - MARGIN.right, 560);
    const left = MARGIN.left;
    const frames = hx.result.views.timeline.num_frames;
    const first = hx.clock.timeOf(0) - HOP_S / 2;
    const [bins] = view.map.map.shape;
    view.geometry = { left, top: MARGIN.top, side, bins, first, span: frames * HOP_S, width, frames };
    const height = MARGIN.top + side + MARGIN.bottom;
    view.geometry.height = height;
    const ctx = hx.fit(view.base, width, height);
    ctx.imageSmoothingEnabled = bins > side;
    // The last bin may stand for fewer frames than the others.
    const cells = frames / view.map.frames_per_bin;
    const picture = hx.image(levelsOf(view.values), bins, bins, hx.ramp("ink"));
    ctx.drawImage(picture, 0, 0, cells, cells, left, MARGIN.top, side, side);
    ctx.strokeStyle = hx.token("--hx-line-strong");
    ctx.strokeRect(left + 0.5, MARGIN.top + 0.5, side - 1, side - 1);
    axes(ctx, view.geometry);
    const limit = (limitOf(view.values) / 65535) * view.map.max;
    view.range.replaceChildren(hx.scale("ink", "0", limit < view.map.max * 0.99 ? `${small(limit)} or more` : small(limit)));
    const spread = `${view.map.entropy_nats.toFixed(2)} of ${Math.log(frames).toFixed(2)} nats`;
    view.numbers.replaceChildren(hx.numbers([
      ["largest value", small(view.map.max), "attention-max"], ["spread (entropy)", spread, "attention-entropy"],
    ]));
  };

  const small = (value) => (value >= 0.1 ? value.toFixed(2) : value.toPrecision(2));

  const axes = (ctx, { left, top, side, first, span }) => {
    ctx.font = hx.font(12);
    ctx.fillStyle = hx.token("--hx-ink-2");
    ctx.strokeStyle = hx.token("--hx-line-strong");
    for (const { time, label } of hx.ticks(hx.clock.duration, side, 56)) {
      const at = Math.max(0, Math.round(((time - first) / span) * side));
      if (at > side) continue;
      ctx.textAlign = "center";
      ctx.textBaseline = "top";
      ctx.fillText(time ? label : `${label} s`, left + at, top + side + 7);
      ctx.textAlign = "right";
      ctx.textBaseline = "middle";
      ctx.fillText(label, left - 8, top + Math.max(6, at));
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
    ctx.fillText("looks at", left + side / 2, top + side + 36);
    ctx.save();
    ctx.translate(14, top + side / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText("this moment", 0, 0);
    ctx.restore();
  };

  const binOf = (view, frame) => Math.floor(frame / view.map.frames_per_bin);
  const timeOfBin = (view, bin) => hx.clock.timeOf(bin * view.map.frames_per_bin + (view.map.frames_per_bin - 1) / 2);
  // The row in question: the one pointed at, else the present.
  const rowOf = (view) => (view.hover ? view.hover.row : binOf(view, hx.clock.frame));
  const valueAt = (view, row, column) => (view.values[row * view.geometry.bins + column] / 65535) * view.map.max;

  // The present: its row framed, its column a line; and where the pointer reads a value.
  const paintNow = (view) => {
    const { left, top, side, bins, frames, width, height } = view.geometry;
    const ctx = hx.fit(view.over, width, height);
    const { frame } = hx.clock;
    const bin = binOf(view, frame);
    const cell = (side * view.map.frames_per_bin) / frames;
    const tall = Math.max(5, cell);
    ctx.strokeStyle = hx.token("--hx-now");
    ctx.lineWidth = 1.5;
    const centre = top + hx.clamp((bin + 0.5) * cell, tall / 2, side - tall / 2);
    ctx.strokeRect(left, centre - tall / 2, side, tall);
    const x = left + hx.clamp((bin + 0.5) * cell, 0, side);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + side);
    ctx.stroke();
    let column = view.hover ? view.hover.column : 0;
    const row = view.hover ? view.hover.row : bin;
    if (!view.hover) for (let i = 0; i < bins; i++) if (valueAt(view, bin, i) > valueAt(view, bin, column)) column = i;
    read(view, row, column);
    if (view.hover) {
      ctx.strokeStyle = hx.token("--hx-ink");
      ctx.strokeRect(left + column * cell - 2, top + row * cell - 2, cell + 4, cell + 4);
    }
  };

  const read = (view, row, column) => {
    const [from, to] = [timeOfBin(view, row), timeOfBin(view, column)];
    const said = hx.clock.wordAt(to);
    const share = (100 * valueAt(view, row, column)).toPrecision(2);
    const how = view.hover ? "looks at" : "looks most at";
    view.reading.replaceChildren(
      hx.make("b", { text: hx.seconds(from) }), ` ${how} `,
      hx.make("b", { text: `${hx.seconds(to)}${said ? `, ${hx.short(said.text)}` : ""}` }), `: ${Number(share)} % of its attention`,
    );
    hx.announce(view.base, `, ${how} ${to.toFixed(2)} seconds with ${Number(share)} percent`);
  };

  const listen = (view) => {
    const locate = (event) => {
      if (!view.geometry || !view.map) return null;
      const { left, top, side, frames, bins } = view.geometry;
      const cell = (side * view.map.frames_per_bin) / frames;
      const column = Math.floor((event.offsetX - left) / cell);
      const row = Math.floor((event.offsetY - top) / cell);
      return column >= 0 && row >= 0 && column < bins && row < bins ? { row, column } : null;
    };
    view.base.addEventListener("pointermove", (event) => {
      view.hover = locate(event);
      view.tick();
    });
    view.base.addEventListener("pointerleave", () => {
      view.hover = null;
      view.tick();
    });
    view.base.addEventListener("click", (event) => {
      const place = locate(event);
      if (place) hx.clock.seek(hx.clock.timeOf(place.row * view.map.frames_per_bin));
    });
  };

  // The row of the present on the scale of the timeline.
  const drawGaze = (ctx, view, axis, height) => {
    const { bins } = view.geometry || {};
    if (!bins) return;
    const row = rowOf(view);
    let most = 0;
    for (let i = 0; i < bins; i++) most = Math.max(most, valueAt(view, row, i));
    const foot = height - 8;
    ctx.fillStyle = ctx.strokeStyle = hx.token("--hx-action");
    ctx.beginPath();
    ctx.moveTo(axis.left, foot);
    for (let i = 0; i < bins; i++) {
      const x = axis.x(timeOfBin(view, i));
      ctx.lineTo(x, foot - (valueAt(view, row, i) / most) * (foot - 4));
    }
    ctx.lineTo(axis.left + axis.span, foot);
    ctx.fill();
    ctx.strokeStyle = hx.token("--hx-line-strong");
    ctx.beginPath();
    ctx.moveTo(axis.left, foot + 0.5);
    ctx.lineTo(axis.left + axis.span, foot + 0.5);
    ctx.stroke();
  };
})();
