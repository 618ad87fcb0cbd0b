// Every frame as a dot on the plane, one layer at a time; the dots wander when the layer changes.
(() => {
  "use strict";
  const hx = window.hx;

  const MOVE_MS = 420;
  const TRAIL_FRAMES = 25;
  const REACH = 16; // how near, in pixels, a click has to be
  const KINDS = [
    ["vowel", "aeiouy", "--hx-class-1"],
    ["p b t d k g c q", "pbtdkgcq", "--hx-class-2"],
    ["f v s z h x j", "fvszhxj", "--hx-class-3"],
    ["m n l r w", "mnlrw", "--hx-class-4"],
    ["between words", " ", "--hx-class-5"],
  ];

  hx.view("layers", (root) => {
    const view = build(root);

    const result = (result) => {
      view.data = result.views.layers;
      view.slider.max = view.data.num_layers;
      if (view.layer === null || view.layer > view.data.num_layers) view.layer = view.data.num_layers;
      view.slider.value = view.layer;
      take(view);
      draw();
    };

    const draw = () => {
      if (!view.data || !root.clientWidth) return;
      size(view);
      paint(view);
      describe(view);
      tick();
      hx.emit("strip", "layers");
    };

    const tick = () => {
      if (view.places && view.width) paintNow(view);
    };

    view.slider.addEventListener("input", () => {
      const before = view.places;
      view.layer = Number(view.slider.value);
      describe(view);
      move(view, before);
    });
    view.colouring.addEventListener("change", draw);

    hx.strip("layers", {
      height: 22,
      label: () => view.data && "Colour of each moment on the map below",
      draw: (ctx, axis, height) => {
        view.data.tokens.forEach((_, frame) => {
          ctx.fillStyle = colourOf(view, frame);
          const x = axis.x(hx.clock.timeOf(frame) - 0.01);
          ctx.fillRect(x, 2, axis.x(hx.clock.timeOf(frame) + 0.01) - x + 0.5, height - 10);
        });
      },
    });

    return {
      tab: true, result, draw, tick,
      late: (name) => {
        if (name !== "layers" || !view.data) return;
        const before = view.places;
        take(view);
        describe(view);
        if (before && view.width && view.points) move(view, before);
        else draw();
      },
    };
  });

  const build = (root) => {
    const view = { root, layer: null, animation: 0 };
    view.slider = hx.make("input", { type: "range", min: 0, max: 1, step: 1, "aria-label": "Layer", "data-testid": "layer-slider" });
    view.which = hx.make("output", { class: "hx-which", "data-testid": "layer-name" });
    view.colouring = hx.make("select", { "data-testid": "colouring" },
      hx.make("option", { value: "time", text: "time" }), hx.make("option", { value: "letter", text: "letter" }));
    view.base = hx.slider("Map of the layer: one dot for every moment");
    view.base.dataset.testid = "layer-map";
    view.over = hx.make("canvas", { class: "hx-over", "aria-hidden": "true" });
    view.tip = hx.make("div", { class: "hx-tip", hidden: true });
    view.problem = hx.make("p", { class: "hx-nothing", hidden: true });
    view.map = hx.make("div", { class: "hx-map" }, view.base, view.over, view.tip);
    view.legend = hx.make("div", { class: "hx-legend" });
    view.facts = hx.make("div", { class: "hx-card hx-facts" });
    const controls = hx.make("div", { class: "hx-controls" },
      hx.make("label", { class: "hx-grow" }, hx.make("span", { text: "Layer" }), view.slider), view.which,
      hx.make("label", {}, hx.make("span", { text: "Colour" }), view.colouring));
    root.append(hx.make("div", { class: "hx-columns hx-columns-map" },
      hx.make("div", { class: "hx-card" }, controls, view.map, view.problem, view.legend), view.facts));
    hx.keys(view.base);
    listen(view);
    return view;
  };

  const listen = (view) => {
    const nearest = (event) => {
      if (!view.places) return null;
      let best = null;
      let least = REACH * REACH;
      for (let frame = 0; frame < view.places.length / 2; frame++) {
        const dx = view.places[2 * frame] - event.offsetX;
        const dy = view.places[2 * frame + 1] - event.offsetY;
        if (dx * dx + dy * dy < least) [best, least] = [frame, dx * dx + dy * dy];
      }
      return best;
    };
    view.base.addEventListener("click", (event) => {
      const frame = nearest(event);
      if (frame === null) return;
      const time = hx.clock.timeOf(frame);
      hx.clock.hear(time, time + 0.4);
    });
    view.base.addEventListener("pointermove", (event) => {
      const frame = nearest(event);
      view.base.style.cursor = frame === null ? "default" : "pointer";
      view.tip.hidden = frame === null;
      if (frame !== null) showTip(view, frame);
    });
    view.base.addEventListener("pointerleave", () => {
      view.tip.hidden = true;
    });
  };

  const showTip = (view, frame) => {
    const time = hx.clock.timeOf(frame);
    const word = hx.clock.wordAt(time);
    const letter = view.data.tokens[frame].trim();
    view.tip.textContent = [hx.seconds(time), letter && `“${letter}”`, word && hx.short(word.text)].filter(Boolean).join(" · ");
    const x = hx.clamp(view.places[2 * frame], 70, view.width - 70);
    view.tip.style.transform = `translate(${x}px, ${view.places[2 * frame + 1] - 14}px) translate(-50%, -100%)`;
  };

  // Unpacks the map that the result holds now: PCA at first, UMAP once it is there.
  const take = (view) => {
    const { map, problem } = view.data;
    view.points = map ? hx.unpack(map.points) : null;
    view.places = null;
    view.problem.textContent = problem || "The map is being drawn …";
    view.problem.hidden = Boolean(map);
    view.map.hidden = view.legend.hidden = !map;
  };

  const size = (view) => {
    view.width = view.map.clientWidth || view.root.clientWidth;
    view.height = Math.round(hx.clamp(view.width * 0.72, 280, 500));
    view.places = view.points && placesOf(view, view.layer);
  };

  // Where the frames of a layer lie in pixels; the map keeps its proportions.
  const placesOf = (view, layer) => {
    const [, frames] = view.points.shape;
    const points = view.points.subarray(layer * frames * 2, (layer + 1) * frames * 2);
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    points.forEach((value, i) => {
      low[i % 2] = Math.min(low[i % 2], value);
      high[i % 2] = Math.max(high[i % 2], value);
    });
    const room = [view.width - 60, view.height - 60];
    const scale = Math.min(room[0] / (high[0] - low[0] || 1), room[1] / (high[1] - low[1] || 1));
    const middle = [view.width / 2, view.height / 2];
    return points.map((value, i) => middle[i % 2] + (value - (low[i % 2] + high[i % 2]) / 2) * scale * (i % 2 ? -1 : 1));
  };

  const move = (view, from) => {
    cancelAnimationFrame(view.animation);
    if (!view.points || !view.width) return;
    const to = placesOf(view, view.layer);
    const began = performance.now();
    const still = !from || from.length !== to.length || hx.calm();
    const step = (now) => {
      const part = still ? 1 : hx.clamp((now - began) / MOVE_MS, 0, 1);
      const eased = part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) * (1 - part);
      view.places = part < 1 ? to.map((value, i) => from[i] + (value - from[i]) * eased) : to;
      paint(view);
      paintNow(view);
      if (part < 1) view.animation = requestAnimationFrame(step);
    };
    step(began);
  };

  const kindOf = (letter) => KINDS.find(([, letters]) => letters.includes(letter));

  const colourOf = (view, frame) => {
    if (view.colouring.value === "time") {
      return hx.colour(hx.ramp("time"), frame / Math.max(1, view.data.tokens.length - 1));
    }
    const letter = view.data.tokens[frame];
    const kind = letter && kindOf(letter);
    return hx.token(kind ? kind[2] : "--hx-line-strong");
  };

  const paint = (view) => {
    if (!view.points) return;
    const ctx = hx.fit(view.base, view.width, view.height);
    const count = view.places.length / 2;
    drawThread(ctx, view, count);
    const byTime = view.colouring.value === "time";
    const radius = count > 1200 ? 3 : count > 500 ? 4 : 5;
    ctx.strokeStyle = hx.token("--hx-dot-line");
    ctx.lineWidth = 1;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.font = hx.font(11, true);
    for (let frame = 0; frame < count; frame++) {
      const letter = byTime ? "" : view.data.tokens[frame];
      const [x, y] = [view.places[2 * frame], view.places[2 * frame + 1]];
      ctx.fillStyle = colourOf(view, frame);
      ctx.beginPath();
      ctx.arc(x, y, byTime ? radius : letter ? radius + 3 : 2.5, 0, 2 * Math.PI);
      ctx.fill();
      if (byTime) ctx.stroke();
      else if (letter.trim()) {
        ctx.fillStyle = hx.token("--hx-on-class");
        ctx.fillText(letter, x, y + 0.5);
      }
    }
  };

  const drawThread = (ctx, view, count) => {
    ctx.strokeStyle = hx.token("--hx-thread");
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let frame = 0; frame < count; frame++) ctx.lineTo(view.places[2 * frame], view.places[2 * frame + 1]);
    ctx.globalAlpha = Math.min(1, 500 / count);
    ctx.stroke();
    ctx.globalAlpha = 1;
  };

  // The present: its dot, and the last half second fading behind it.
  const paintNow = (view) => {
    const ctx = hx.fit(view.over, view.width, view.height);
    const { frame, time } = hx.clock;
    const at = (i) => [view.places[2 * i], view.places[2 * i + 1]];
    ctx.strokeStyle = ctx.fillStyle = hx.token("--hx-now");
    ctx.lineWidth = 3;
    ctx.lineCap = "round";
    for (let i = Math.max(1, frame - TRAIL_FRAMES + 1); i <= frame; i++) {
      ctx.globalAlpha = 1 - (frame - i) / TRAIL_FRAMES;
      ctx.beginPath();
      ctx.moveTo(...at(i - 1));
      ctx.lineTo(...at(i));
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
    const [x, y] = at(frame);
    ctx.beginPath();
    ctx.arc(x, y, 8, 0, 2 * Math.PI);
    ctx.fill();
    ctx.lineWidth = 2;
    ctx.strokeStyle = hx.token("--hx-card");
    ctx.stroke();
    const word = hx.clock.wordAt(time);
    if (word) nameNow(ctx, view, hx.short(word.text), x, y);
    hx.announce(view.base);
  };

  const nameNow = (ctx, view, text, x, y) => {
    ctx.font = hx.font(14, true);
    const right = x + 14 + ctx.measureText(text).width < view.width;
    ctx.textAlign = right ? "left" : "right";
    ctx.lineWidth = 5;
    ctx.lineJoin = "round";
    ctx.strokeStyle = hx.token("--hx-card");
    ctx.fillStyle = hx.token("--hx-ink");
    ctx.strokeText(text, right ? x + 13 : x - 13, y - 9);
    ctx.fillText(text, right ? x + 13 : x - 13, y - 9);
  };

  // What is written around the map: the layer, the legend, the numbers.
  const describe = (view) => {
    const { num_layers: count } = view.data;
    view.which.textContent = view.layer === 0 ? "input" : `${view.layer} of ${count}`;
    view.slider.setAttribute("aria-valuetext", view.layer === 0 ? "0, input of the first layer" : `${view.layer} of ${count}`);
    view.slider.style.setProperty("--share", `${(100 * view.layer) / count}%`);
    view.legend.replaceChildren(...legend(view));
    view.facts.replaceChildren(...facts(view, view.data));
  };

  const legend = (view) => {
    if (view.colouring.value === "time") return [hx.scale("time", "0 s", hx.seconds(hx.clock.duration)), nowKey()];
    const keys = KINDS.map(([name, , token]) => key(name, `background:var(${token})`));
    return [...keys, key("no letter", "background:var(--hx-line-strong);transform:scale(.5)"), nowKey()];
  };

  const key = (name, style) =>
    hx.make("span", { class: "hx-key" }, hx.make("i", { style }), hx.make("span", { text: name }));

  const nowKey = () => key("now, and the last half second", "background:var(--hx-now)");

  const facts = (view, { map, problem }) => {
    const title = hx.make("h2", { text: "This map" });
    if (!map) return [title, hx.make("p", { class: "hx-quiet", text: problem ? "There is none." : "A moment, please." })];
    const waiting = map.method === "pca" && !problem;
    const method = hx.make("p", { class: "hx-method", "data-testid": "method", "data-method": map.method },
      hx.make("b", { text: map.method.toUpperCase() }),
      hx.make("span", { text: waiting ? "UMAP is being computed …" : "" }));
    if (waiting) method.classList.add("is-waiting");
    return [
      title, method,
      hx.numbers([
        ["neighbours kept", hx.percent(map.trustworthiness[view.layer]), "trustworthiness"],
        ["dots", String(view.points.shape[1]), "num-frames"],
      ]),
      hx.make("p", { class: "hx-quiet", text: METHODS[map.method] }),
      hx.make("p", { class: "hx-quiet", text: "Neighbours kept is the map’s trustworthiness: how far dots that lie together here are alike in the layer itself." }),
      ...(problem ? [hx.make("p", { class: "hx-quiet", text: `No UMAP: ${problem}` })] : []),
    ];
  };

  const METHODS = {
    pca: "PCA shows the two directions in which the layer’s values vary most. It is quick, and hides the rest.",
    umap: "UMAP keeps neighbours together. How far apart two groups lie, and how large they are, means little.",
  };
})();
