// What changes from layer to layer, as line charts: a press chooses a layer.
(() => {
  "use strict";
  const hx = window.hx;

  const HEIGHT = 132;
  const MARGIN = { left: 40, right: 12, top: 10, bottom: 24 };

  const shape = (name, attributes, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // A chart of numbers a layer. `lines` are { name, values, kind, from, dots }: `from` is the layer of the first
  // value, `kind` the class of its colour. Gives { element, show(wanted) } with wanted = { lines, range, layer, count }.
  hx.layerChart = (title, choose, id) => {
    const legend = hx.make("div", { class: "hx-chart-legend" });
    const box = hx.make("div", { class: "hx-chart" });
    const element = hx.make("section", { "data-testid": id }, hx.make("h2", { text: title }), legend, box);

    const show = (wanted) => {
      legend.replaceChildren(...wanted.lines.map((line) => legendOf(line, wanted.layer)));
      const width = box.clientWidth;
      if (width > 0) box.replaceChildren(draw(title, width, wanted, choose));
    };
    return { element, show };
  };

  const at = (line, layer) => line.values[layer - (line.from || 0)];

  const legendOf = (line, layer) => {
    const value = at(line, layer);
    return hx.make("span", { class: `hx-chart-key ${line.kind}` }, hx.make("i", {}),
      hx.make("span", { text: line.name }), hx.make("b", { text: value === undefined ? "–" : hx.layerNumber(value) }));
  };

  hx.layerNumber = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2));

  const draw = (title, width, wanted, choose) => {
    const { lines, range: [low, high], layer, count } = wanted;
    const span = width - MARGIN.left - MARGIN.right;
    const x = (l) => MARGIN.left + (count > 1 ? (l / (count - 1)) * span : span / 2);
    const foot = HEIGHT - MARGIN.bottom;
    const y = (value) => foot - ((hx.clamp(value, low, high) - low) / (high - low || 1)) * (foot - MARGIN.top);
    const svg = shape("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": spoken(title, lines) });
    const ticks = [low, (low + high) / 2, high];
    const digits = ticks.every(Number.isInteger) ? 0 : ticks.every((value) => Math.abs(value * 10 - Math.round(value * 10)) < 1e-6) ? 1 : 2;
    for (const value of ticks) {
      svg.append(shape("line", { class: "hx-chart-grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }));
      svg.append(shape("text", { x: MARGIN.left - 8, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(digits)));
    }
    svg.append(shape("line", { class: "hx-chart-chosen", x1: x(layer), x2: x(layer), y1: MARGIN.top, y2: foot }));
    labels(svg, count, layer, x, span);
    for (const line of lines) svg.append(...path(line, layer, x, y));
    svg.addEventListener("click", (event) => {
      const across = event.clientX - svg.getBoundingClientRect().left - MARGIN.left;
      choose(hx.clamp(Math.round((across / span) * (count - 1)), 0, count - 1));
    });
    return svg;
  };

  const labels = (svg, count, layer, x, span) => {
    const every = Math.max(1, Math.ceil((24 * count) / span));
    for (let l = 0; l < count; l++) {
      const crowded = Math.abs(l - layer) < every && l !== layer;
      if (l !== layer && (l % every || crowded)) continue;
      const bold = l === layer ? { class: "is-chosen" } : {};
      svg.append(shape("text", { x: x(l), y: HEIGHT - 7, "text-anchor": "middle", ...bold }, l));
    }
  };

  const path = (line, layer, x, y) => {
    const from = line.from || 0;
    const places = Array.from(line.values, (value, i) => [x(from + i), y(value)]);
    const nodes = [shape("polyline", { class: `hx-chart-line ${line.kind}`, points: places.join(" ") })];
    if (line.dots === false) return nodes;
    places.forEach(([cx, cy], i) =>
      nodes.push(shape("circle", { class: `hx-chart-dot ${line.kind}`, cx, cy, r: from + i === layer ? 5 : 2.5 })));
    return nodes;
  };

  const spoken = (title, lines) => {
    const said = lines.map(({ name, values, from = 0 }) =>
      `${name}: ${Array.from(values, (value, i) => `layer ${from + i} ${hx.layerNumber(value)}`).join(", ")}`);
    return `${title}. ${said.join(". ")}.`;
  };

  // The three charts. `choose(layer)` is called at a press. Gives { alike, rest, show(view) }.
  hx.layerCurves = (choose) => {
    const alike = hx.layerChart("How alike neighbouring layers are", choose, "chart-alike");
    const size = hx.layerChart("Size of states", choose, "chart-size");
    const told = hx.layerChart("What groups of moments tell of the letters", choose, "chart-told");
    const note = hx.make("p", { class: "hx-quiet", "data-testid": "told-note" });
    told.element.append(note);
    size.element.append(hx.make("p", {
      class: "hx-quiet", text: "Mean length (norm) of a moment’s state. Layers differ in scale, so the maps standardise each first.",
    }));
    const rest = hx.make("div", { class: "hx-card hx-layer-rest" }, size.element, told.element);

    const show = (view) => {
      const { curves, num_layers: last } = view.data;
      if (!curves) return;
      const common = { layer: view.layer, count: last + 1 };
      const least = Math.min(...curves.cosines, ...curves.cka);
      alike.show({ ...common, range: [Math.floor(Math.min(least, 0.9) * 10) / 10, 1], lines: [
        { name: "cosine to the layer below", values: curves.cosines, from: 1, kind: "hx-tone-1" },
        { name: "linear CKA", values: curves.cka, from: 1, kind: "hx-tone-2" },
      ] });
      size.show({ ...common, range: [0, ceiling(Math.max(...curves.norms))], lines: [
        { name: "norm", values: curves.norms, kind: "hx-tone-1" },
      ] });
      showTold(told, note, view, common);
    };
    return { alike: alike.element, rest, show };
  };

  const ceiling = (value) => {
    const step = 10 ** Math.floor(Math.log10(value || 1));
    return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((times) => times * step).find((nice) => nice >= value);
  };

  const showTold = (told, note, view, common) => {
    const { scores, scoresProblem } = view;
    told.element.classList.toggle("is-waiting", !scores);
    if (!scores) {
      note.textContent = scoresProblem || "The groups of all layers are being found …";
      return;
    }
    const chance = (name, values, kind) => ({ name, values, kind: `${kind} is-chance`, dots: false });
    told.show({ ...common, range: [0, 1], lines: [
      { name: "purity", values: scores.purity, kind: "hx-tone-1" },
      chance("by chance", scores.purity_by_chance, "hx-tone-1"),
      { name: "PNMI", values: scores.pnmi, kind: "hx-tone-3" },
      chance("by chance", scores.pnmi_by_chance, "hx-tone-3"),
    ] });
    const reach = view.data.label_reach_s.toFixed(1);
    note.textContent = `${scores.num_units} k-means groups against the recognised letters. Purity: moments that carry their group’s most common letter. PNMI: share of what there is to know about the letters that the group tells. A moment takes the nearest letter within ${reach} s, else “none”; the most common label alone has ${hx.percent(scores.most_common_share).replace(" ", "\u00a0")}. By chance: the same groups against the letters of other times.`;
  };
})();
