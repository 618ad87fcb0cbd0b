// The layers view: the large map with its controls, all layers small beside it, curves from layer to layer.
(() => {
  "use strict";
  const hx = window.hx;

  const UNITS_AFTER_MS = 150; // a slider passes many layers; only where it rests are units asked for
  const SETTINGS = ["method", "num_neighbours", "metric", "seed"];

  hx.view("layers", (root, page) => {
    const view = build(root);
    // Every wish goes through hx.choices, whoever has it: the visitor, or the tour.
    view.show = (map) => showMap(view, map);

    const result = (result) => {
      view.data = result.views.layers;
      view.map = view.points = view.units = view.scores = view.quantities = null;
      view.scoresProblem = view.unitsProblem = "";
      view.grid.fill(view.data.num_layers + 1);
      view.slider.max = view.data.num_layers;
      view.count.max = view.data.max_units;
      view.layer = layerOf(view);
      follow(view);
      hx.choose({ layer: view.layer });
      hx.layerSettings.update(view, page);
      measure(view);
      recolour(view, page);
    };

    const draw = () => {
      if (!view.data || !root.clientWidth) return;
      colour(view);
      view.big.draw();
      paintGrid(view);
      describe(view);
      askScores(view, page);
    };

    const choices = (changed) => {
      if (!view.data) return;
      if ("layer" in changed) chooseLayer(view, page);
      if ("colour" in changed || "num_units" in changed || "seed" in changed) recolour(view, page);
      if ("num_units" in changed || "seed" in changed) askScores(view, page);
      if (SETTINGS.some((name) => name in changed)) hx.layerSettings.update(view, page);
    };

    const part = (name) => {
      if (name !== "layers" || !view.data) return;
      measure(view);
      hx.layerSettings.update(view, page);
      colour(view);
      view.big.repaint();
      paintGrid(view);
      describe(view);
      askScores(view, page);
    };

    hx.strip("layers", {
      height: 22,
      label: () => view.data && "Colour of each moment on the map below",
      draw: (ctx, axis, height) =>
        view.colours.forEach((colour, frame) => {
          ctx.fillStyle = colour;
          const x = axis.x(hx.clock.grid.startOf(frame));
          ctx.fillRect(x, 2, axis.x(hx.clock.grid.startOf(frame + 1)) - x + 0.5, height - 10);
        }),
    });

    return { tab: true, result, draw, tick: () => view.data && view.big.tick(), part, choices };
  });

  const build = (root) => {
    const view = { root, layer: null, colour: "time", colours: [], mapAsked: 0, unitsAsked: 0, scoresAsked: 0 };
    const choose = (layer) => hx.choose({ layer });
    view.slider = hx.make("input", { type: "range", min: 0, max: 1, step: 1, "aria-label": "Layer", "data-testid": "layer-slider" });
    view.which = hx.make("output", { class: "hx-which", "data-testid": "layer-name" });
    view.colouring = hx.make("select", { "data-testid": "colouring" },
      ...hx.layerColours.ways.map((way) => hx.make("option", { value: way, text: way })));
    view.count = hx.make("input", { type: "number", min: 2, max: 100, step: 1, "data-testid": "num-units" });
    view.groups = hx.make("label", { hidden: true }, hx.make("span", { text: "Units" }), view.count);
    view.big = hx.layerMap(view);
    view.grid = hx.layerGrid(choose);
    view.curves = hx.layerCurves(choose);
    view.settings = hx.layerSettings.controls();
    view.problem = hx.make("p", { class: "hx-nothing", hidden: true });
    view.legend = hx.make("div", { class: "hx-legend" });
    view.method = hx.make("div", { class: "hx-map-method" });
    view.numbers = hx.make("div", { class: "hx-layer-numbers" });
    view.gridProblem = hx.make("p", { class: "hx-quiet", hidden: true });
    root.append(...arrange(view));
    listen(view);
    return view;
  };

  const arrange = (view) => {
    const controls = hx.make("div", { class: "hx-controls" },
      hx.make("label", { class: "hx-grow" }, hx.make("span", { text: "Layer" }), view.slider), view.which,
      hx.make("label", {}, hx.make("span", { text: "Colour" }), view.colouring), view.groups);
    const large = hx.make("div", { class: "hx-card hx-layer-large" }, controls, view.big.element, view.problem,
      view.legend, view.method, view.settings.element);
    const small = hx.make("div", { class: "hx-card hx-layer-side" }, hx.make("h2", { text: "All layers at once" }),
      view.grid.element, view.curves.alike, view.numbers);
    return [hx.make("div", { class: "hx-columns hx-columns-layers" }, large, small), view.curves.rest];
  };

  const listen = (view) => {
    view.slider.addEventListener("input", () => hx.choose({ layer: Number(view.slider.value) }));
    view.colouring.addEventListener("change", () => hx.choose({ colour: view.colouring.value }));
    view.count.addEventListener("change", () => {
      const count = Math.round(Number(view.count.value));
      view.count.value = hx.clamp(count || numUnits(view), 2, view.data.max_units);
      hx.choose({ num_units: Number(view.count.value) });
    });
    view.settings.reset.addEventListener("click", () => hx.choose({ ...view.data.settings }));
  };

  const layerOf = ({ data }) => {
    const { layer } = hx.choices;
    return Number.isInteger(layer) && layer >= 0 && layer <= data.num_layers ? layer : data.num_layers;
  };

  // Of the maps, and so of the groups.
  const seedOf = (view) => hx.layerSettings.wanted(view).seed;

  const numUnits = ({ data }) => Math.min(hx.choices.num_units ?? data.num_units, data.max_units);

  const follow = (view) => {
    view.slider.value = view.layer;
    view.colour = hx.layerColours.ways.includes(hx.choices.colour) ? hx.choices.colour : "time";
    view.colouring.value = view.colour;
    view.count.value = numUnits(view);
    view.groups.hidden = view.colour !== "unit";
  };

  const chooseLayer = (view, page) => {
    const layer = layerOf(view);
    if (layer === view.layer) return;
    view.layer = layer;
    follow(view);
    view.big.move();
    describe(view);
    if (view.colour === "unit") askUnits(view, page);
  };

  const recolour = (view, page) => {
    follow(view);
    repaint(view);
    if (view.colour === "unit") askUnits(view, page);
  };

  const repaint = (view) => {
    if (!view.root.clientWidth) return;
    colour(view);
    view.big.repaint();
    paintGrid(view);
    describe(view);
  };

  const colour = (view) => {
    view.colours = hx.layerColours.all(view);
    hx.emit("strip", "layers");
  };

  const paintGrid = (view) => {
    view.grid.paint(view.points, view.colours, view.map ? view.map.trustworthiness : []);
    view.grid.mark(view.layer);
  };

  // Energy and pitch, once they are there.
  const measure = (view) => {
    const { quantities } = view.data;
    if (!quantities) return;
    view.quantities = Object.fromEntries(
      Object.entries(quantities).map(([name, quantity]) => [name, { ...quantity, values: hx.unpack(quantity.values) }]));
  };

  // Puts another map in place of the one on show; its dots wander there.
  const showMap = (view, map) => {
    const other = map !== view.map;
    const first = !view.points;
    view.map = map;
    if (other) view.points = map ? hx.unpack(map.points) : null;
    if (!map) view.big.clear();
    view.problem.textContent = view.data.problem || "The map is being drawn …";
    view.problem.hidden = Boolean(map);
    view.big.element.hidden = view.legend.hidden = !map;
    if (!view.root.clientWidth) return;
    if (other && map) {
      if (!view.colours.length) colour(view);
      if (first || !view.big.places) view.big.draw();
      else view.big.move();
      paintGrid(view);
    }
    describe(view);
  };

  const askUnits = (view, page) => {
    const asked = ++view.unitsAsked;
    const { layer, data } = view;
    const count = numUnits(view);
    const seed = seedOf(view);
    const { units } = view;
    if (units && units.layer === layer && units.count === count && units.seed === seed) return;
    setTimeout(async () => {
      if (asked !== view.unitsAsked || data !== view.data) return;
      try {
        const answer = await hx.ask(page, "units", { layer, num_units: count, seed });
        if (!answer || asked !== view.unitsAsked) return;
        view.units = { layer, count, seed, values: hx.unpack(answer.units) };
        view.unitsProblem = "";
      } catch (problem) {
        if (asked !== view.unitsAsked) return;
        view.unitsProblem = problem.message;
      }
      repaint(view);
    }, view.units ? UNITS_AFTER_MS : 0);
  };

  // Asked for when somebody looks, for the number of units and the seed that are chosen.
  const askScores = async (view, page) => {
    const count = numUnits(view);
    const seed = seedOf(view);
    const { data } = view;
    const wanted = `${hx.result.token} ${count} ${seed}`;
    if (!view.root.clientWidth || view.scoresFor === wanted) return;
    view.scoresFor = wanted;
    const asked = ++view.scoresAsked;
    try {
      let answer = { ready: false };
      while (answer && !answer.ready) {
        answer = await hx.ask(page, "unit_scores", { num_units: count, seed });
        if (asked !== view.scoresAsked) return;
      }
      if (!answer || data !== view.data) return;
      Object.assign(view, { scores: answer, scoresProblem: "" });
    } catch (problem) {
      if (asked !== view.scoresAsked) return;
      Object.assign(view, { scores: null, scoresProblem: problem.message });
    }
    describe(view);
  };

  const METHODS = {
    pca: "shows the two directions in which a layer’s states vary most. It is quick, and hides the rest.",
    umap: "keeps neighbours together. How far apart two groups lie, how large and how dense they are, means little.",
  };

  // What is written around the map: the layer, the legend, the numbers, the curves.
  const describe = (view) => {
    if (!view.root.clientWidth) return;
    const { num_layers: count, problem } = view.data;
    view.which.textContent = view.layer === 0 ? "input" : `${view.layer} of ${count}`;
    view.slider.setAttribute("aria-valuetext", view.layer === 0 ? "0, input of the first layer" : `${view.layer} of ${count}`);
    view.slider.style.setProperty("--share", `${(100 * view.layer) / count}%`);
    const now = hx.layerColours.key("now, and the last half second", "background:var(--hx-now)");
    const wrong = view.colour === "unit" && view.unitsProblem;
    view.legend.replaceChildren(...(wrong ? [hx.make("span", { text: view.unitsProblem })] : hx.layerColours.legend(view)), now);
    view.method.replaceChildren(...methodLines(view, problem));
    view.grid.mark(view.layer);
    view.curves.rest.hidden = !view.data.curves;
    view.curves.show(view);
    view.numbers.replaceChildren(...numbers(view));
  };

  const methodLines = (view, problem) => {
    const { map } = view;
    if (!map) return [];
    const waiting = hx.layerSettings.isWaiting(view);
    const name = map.method.toUpperCase();
    const method = hx.make("p", { class: "hx-method", "data-testid": "method", "data-method": map.method },
      hx.make("b", { text: name }), hx.make("span", { text: METHODS[map.method] }));
    const { method: wanted } = hx.layerSettings.wanted(view);
    const said = view.mapProblem || (problem ? `No UMAP: ${problem}` : waiting ? `${wanted.toUpperCase()} is being computed; until then this map stays.` : fewer(map));
    const line = hx.make("p", { class: "hx-status-line", role: "status", "data-testid": "map-status", text: said });
    line.classList.toggle("is-waiting", waiting);
    return [method, line];
  };

  const fewer = (map) =>
    map.method === "umap" && map.neighbours_used < map.num_neighbours
      ? `With ${map.neighbours_used} neighbours: the recording has no more.` : "";

  const numbers = (view) => {
    const { map, data: { curves, tokens } } = view;
    const list = [["dots", String(tokens.length), "num-frames"]];
    if (curves) {
      const below = view.layer ? hx.layerNumber(curves.cosines[view.layer - 1]) : "–";
      list.unshift(["like layer below", below, "like-below"], ["size of states", hx.layerNumber(curves.norms[view.layer]), "norm"]);
    }
    if (map) list.unshift(["neighbours kept", hx.percent(map.trustworthiness[view.layer]), "trustworthiness"]);
    return [hx.numbers(list), hx.make("p", {
      class: "hx-quiet", text: "Neighbours kept is the map’s trustworthiness: how far dots that lie together here are alike in the layer itself.",
    })];
  };
})();
