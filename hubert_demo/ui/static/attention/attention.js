// Heads of a layer as small maps, the chosen one large. A row is a moment that looks, a column one looked at.
// How the large map is drawn is in attention_map.js, all heads of all layers in heads.js.
(() => {
  "use strict";
  const hx = window.hx;

  const KEPT_MAPS = 40;

  hx.view("attention", (root, page) => {
    const view = build(root);
    const choose = (layer, head) => {
      Object.assign(view, { layer, head });
      describe(view);
      hx.choose({ attention_layer: layer, head });
      if (isHere(view)) show(view);
      else load(view, page);
    };
    view.choose = choose;
    view.slider.addEventListener("input", () => choose(Number(view.slider.value) - 1, view.head));

    const draw = () => {
      view.panel.draw();
      if (!view.map || !root.clientWidth) return;
      hx.attention.paint(view);
      paintThumbnails(view);
      describe(view);
      view.row = null;
      tick();
      hx.emit("strip", "attention");
    };

    // Many times a second: a line is moved, and only a new row is painted.
    const tick = () => {
      if (!view.map || !view.geometry) return;
      hx.attention.placeNow(view);
      const row = hx.attention.rowOf(view);
      if (hx.open === "attention" && (row !== view.row || view.hover !== view.pointed)) {
        Object.assign(view, { row, pointed: view.hover });
        hx.attention.paintRow(view);
        read(view, row);
        hx.emit("strip", "attention");
      }
      hx.announce(view.base, view.said);
    };

    Object.assign(view, { draw, tick });
    hx.strip("attention", {
      height: 44,
      label: () => view.geometry && view.map && `Where the moment at ${hx.seconds(hx.attention.timeOfRow(view))} looks · layer ${view.map.layer + 1}, head ${view.map.head + 1}`,
      draw: (ctx, axis, height) => hx.attention.drawRow(ctx, view, axis, height),
    });

    return {
      tab: true, draw, tick,
      result: (result) => {
        const data = result.views.attention;
        Object.assign(view, {
          data, layers: data.num_layers, heads: data.num_heads, map: null, small: null,
          maps: new Map(), smalls: new Map(), hover: null, said: "",
        });
        view.slider.max = view.layers;
        view.thumbs.replaceChildren();
        view.big.classList.add("is-waiting");
        view.panel.fill(data);
        choose(...wanted(view));
      },
      part: (name) => {
        if (name !== "attention" || !view.data) return;
        view.panel.fill(view.data);
        describe(view);
      },
      choices: (changed) => {
        if (!view.data) return;
        view.panel.follow(changed);
        const [layer, head] = wanted(view);
        if (layer !== view.layer || head !== view.head) choose(layer, head);
      },
    };
  });

  // The layer and head that were chosen, here or elsewhere, as far as this model has them.
  const wanted = (view) => {
    const { attention_layer: layer, head } = hx.choices;
    return [
      hx.clamp(Number.isInteger(layer) ? layer : view.layer ?? view.data.middle_layer, 0, view.layers - 1),
      hx.clamp(Number.isInteger(head) ? head : view.head, 0, view.heads - 1),
    ];
  };

  const build = (root) => {
    const view = { root, layer: null, head: 0, said: "" };
    view.slider = hx.make("input", { type: "range", min: 1, max: 1, step: 1, value: 1, "aria-label": "Layer", "data-testid": "attention-layer" });
    view.which = hx.make("output", { class: "hx-which", "data-testid": "attention-layer-name" });
    view.thumbs = hx.make("div", { class: "hx-thumbs", role: "group", "aria-label": "Heads" });
    view.title = hx.make("h2", { "data-testid": "attention-title" });
    view.range = hx.make("span", { "data-testid": "attention-scale" });
    view.base = hx.slider("Attention map: rows look at columns");
    view.base.dataset.testid = "attention-map";
    view.over = hx.make("canvas", { class: "hx-over", "aria-hidden": "true" });
    view.now = hx.make("i", { class: "hx-cursor", "aria-hidden": "true" });
    view.big = hx.make("div", { class: "hx-map hx-attention is-waiting" }, view.base, view.over, view.now);
    view.reading = hx.make("p", { class: "hx-reading", "data-testid": "attention-reading" });
    view.problem = hx.make("p", { class: "hx-nothing", role: "alert", hidden: true });
    view.panel = hx.headsPanel((layer, head) => view.choose(layer, head));
    const controls = hx.make("div", { class: "hx-controls" },
      hx.make("label", { class: "hx-grow" }, hx.make("span", { text: "Layer" }), view.slider), view.which);
    root.append(hx.make("div", { class: "hx-columns hx-columns-attention" },
      hx.make("div", { class: "hx-card" }, controls, view.thumbs, kindsNote()),
      hx.make("div", { class: "hx-card" }, hx.make("div", { class: "hx-bar" }, view.title, view.range),
        view.problem, view.big, view.reading, numbers(view))), view.panel.node);
    hx.keys(view.base);
    hx.attention.listen(view);
    return view;
  };

  const kindsNote = () =>
    hx.make("p", { class: "hx-quiet" },
      hx.make("b", { text: "Diagonal" }), " heads look nearer than this model’s other heads, ", hx.make("b", { text: "vertical" }),
      " heads more at the same few moments, ", hx.make("b", { text: "global" }),
      " heads more widely. With another recording a head’s kind may change.");

  // Four numbers whose texts are renewed in place.
  const numbers = (view) => {
    const list = hx.numbers([
      ["kind of head", "…", "attention-kind"], ["spread (entropy)", "", "attention-entropy"],
      ["looks most at", "", "attention-most"], ["within 0.1 s of itself", "", "attention-near"],
    ]);
    [view.kind, view.entropy, view.most, view.near] = list.querySelectorAll("dd");
    return list;
  };

  const isHere = (view) => view.maps.has(`${view.layer}-${view.head}`) && view.smalls.has(view.layer);

  const show = (view) => {
    view.map = view.maps.get(`${view.layer}-${view.head}`);
    view.values = view.map.values;
    view.small = view.smalls.get(view.layer);
    view.hover = null;
    view.problem.hidden = true;
    view.big.classList.remove("is-waiting");
    fillThumbnails(view);
    view.draw();
    view.root.dataset.shown = `${view.layer}-${view.head}`;
  };

  // Fetches what is chosen, again and again until that is what is here: the newest choice wins, and a slider
  // that is dragged asks for no more than the server gives.
  const load = async (view, page) => {
    if (view.loading) return;
    view.loading = true;
    view.root.setAttribute("aria-busy", "true");
    let refused = null;
    while (!isHere(view) && refused !== chosen(view)) {
      const asked = chosen(view);
      try {
        await fetchParts(view, page);
      } catch (problem) {
        refused = asked;
        if (asked === chosen(view)) complain(view, problem);
      }
    }
    view.loading = false;
    view.root.removeAttribute("aria-busy");
    if (isHere(view)) show(view);
  };

  const chosen = (view) => `${hx.result.token} ${view.layer} ${view.head}`;

  const fetchParts = async (view, page) => {
    const { layer, head, maps, smalls } = view;
    const [small, map] = await Promise.all([
      smalls.has(layer) ? null : hx.ask(page, "heads", { layer }),
      maps.has(`${layer}-${head}`) ? null : hx.ask(page, "head_map", { layer, head }),
    ]);
    if (small) smalls.set(layer, { maps: hx.unpack(small.maps), frames_per_bin: small.frames_per_bin });
    if (map) {
      const [values, near, nearByChance] = [map.map, map.near_share, map.near_share_by_chance].map(hx.unpack);
      maps.set(`${layer}-${head}`, { ...map, values, near, nearByChance, bins: map.map.shape[0] });
    }
    if (maps.size > KEPT_MAPS) maps.delete(maps.keys().next().value);
  };

  const complain = (view, problem) => {
    view.problem.textContent = problem.message;
    view.problem.hidden = false;
  };

  // What is written around the map: the layer, the head, its kind and spread.
  const describe = (view) => {
    const { kinds, problem } = view.data;
    view.slider.value = view.layer + 1;
    view.slider.style.setProperty("--share", `${(100 * view.layer) / Math.max(1, view.layers - 1)}%`);
    view.which.textContent = `${view.layer + 1} of ${view.layers}`;
    view.title.textContent = `Layer ${view.layer + 1}, head ${view.head + 1}`;
    for (const [head, thumb] of [...view.thumbs.children].entries()) {
      const kind = kinds ? kinds[view.layer][head] : "";
      thumb.setAttribute("aria-pressed", String(head === view.head));
      thumb.setAttribute("aria-label", `Head ${head + 1}${kind && `, ${kind}`}`);
      thumb.querySelector("span").textContent = kind;
    }
    view.kind.textContent = kinds ? kinds[view.layer][view.head] : problem ? "unknown" : "…";
    view.panel.mark(view.layer, view.head);
    if (!view.map) return;
    const most = Math.log(hx.result.views.timeline.num_frames).toFixed(2);
    view.entropy.textContent = `${view.map.entropy_nats.toFixed(2)} nats`;
    view.entropy.title = `Looking at all moments alike would be ${most} nats, at one alone 0.`;
  };

  const fillThumbnails = (view) => {
    if (view.thumbs.children.length === view.heads) return;
    const thumbs = Array.from({ length: view.heads }, (_, head) =>
      hx.make("button", {
        type: "button", class: "hx-thumb", "data-testid": `head-${head}`,
        onclick: () => view.choose(view.layer, head),
      }, hx.make("canvas", { "aria-hidden": "true" }),
      hx.make("div", { "aria-hidden": "true" }, hx.make("b", { text: String(head + 1) }), hx.make("span"))),
    );
    view.thumbs.style.setProperty("--columns", view.heads <= 4 ? 2 : view.heads <= 12 ? 3 : 4);
    view.thumbs.replaceChildren(...thumbs);
  };

  const paintThumbnails = (view) => {
    const [, bins] = view.small.maps.shape;
    const cells = hx.result.views.timeline.num_frames / view.small.frames_per_bin;
    const side = (view.thumbs.firstChild?.clientWidth || 0) - 10;
    if (side <= 0) return;
    for (const [head, thumb] of [...view.thumbs.children].entries()) {
      const ctx = hx.fit(thumb.firstChild, side, side);
      const values = view.small.maps.subarray(head * bins * bins, (head + 1) * bins * bins);
      ctx.imageSmoothingEnabled = bins > side;
      const picture = hx.image(hx.attention.levelsOf(values), bins, bins, hx.ramp("ink"));
      ctx.drawImage(picture, 0, 0, cells, cells, 0, 0, side, side);
    }
  };

  // What a row says, in the numbers, beneath the map and to a screen reader.
  const read = (view, row) => {
    const { timeOf, valueAt } = hx.attention;
    let best = 0;
    for (let i = 1; i < view.map.bins; i++) if (valueAt(view, row, i) > valueAt(view, row, best)) best = i;
    const from = hx.seconds(timeOf(view, row));
    const percent = (share) => `${Number((100 * share).toPrecision(2))} %`;
    view.most.textContent = place(view, best);
    view.most.previousSibling.textContent = `${from} looks most at`;
    view.near.replaceChildren(percent(view.map.near[row]), " ", hx.make("span", {
      class: "hx-quiet", text: `${percent(view.map.nearByChance[row])} by chance`, "data-testid": "attention-near-chance",
      title: "If this moment looked at all moments alike",
    }));
    view.said = `, looks most at ${place(view, best)}`;
    if (!view.hover) {
      view.reading.replaceChildren(hx.make("span", {
        class: "hx-quiet", text: "Point at the map to read a value; press to go there and hear it.",
      }));
      return;
    }
    const { column } = view.hover;
    view.reading.replaceChildren(
      hx.make("b", { text: from }), " looks at ", hx.make("b", { text: place(view, column) }),
      `: ${percent(valueAt(view, row, column))} of its attention`,
    );
  };

  const place = (view, column) => {
    const time = hx.attention.timeOf(view, column);
    const word = hx.clock.wordAt(time);
    return `${hx.seconds(time)}${word ? `, ${hx.short(word.text)}` : ""}`;
  };
})();
