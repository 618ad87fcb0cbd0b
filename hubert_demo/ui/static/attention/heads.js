// All heads of all layers: small maps to sort by what they do, to filter by kind, and to choose from.
(() => {
  "use strict";
  const hx = window.hx;

  const nats = (value) => `${value.toFixed(2)} nats`;
  // What heads can be sorted by: [choice, name, measure, sign, how a value is written].
  const SORTS = [
    ["head order", "layer and head"],
    ["most global", "globalness", "globalness", -1, nats],
    ["most vertical", "verticality", "verticality", -1, nats],
    ["most diagonal", "diagonality", "diagonality", -1, (value) => value.toFixed(3)],
    ["least spread", "entropy, lowest first", "entropy", 1, nats],
  ];
  const KINDS = ["global", "vertical", "diagonal"];

  // A card; `choose(layer, head)` is called when a head is pressed.
  hx.headsPanel = (choose) => {
    const panel = build(choose);
    panel.order.addEventListener("change", () => hx.choose({ sort: panel.order.value }));
    return {
      node: panel.node,
      fill: (data) => {
        panel.data = data;
        fill(panel);
      },
      draw: () => paint(panel),
      mark: (layer, head) => {
        panel.chosen = `${layer}-${head}`;
        mark(panel);
      },
      // What was chosen here or elsewhere, such as by the tour.
      follow: (changed) => {
        if (("sort" in changed || "filter" in changed) && panel.data?.kinds) place(panel);
      },
    };
  };

  const build = (choose) => {
    const panel = { chips: [], choose };
    panel.order = hx.make("select", { "data-testid": "head-sort" },
      ...SORTS.map(([value, text]) => hx.make("option", { value, text })));
    panel.kinds = hx.make("span", { "data-testid": "head-filter" });
    panel.grid = hx.make("div", { class: "hx-heads", role: "group", "aria-label": "All heads of all layers", "data-testid": "all-heads" });
    panel.note = hx.make("p", { class: "hx-quiet", "data-testid": "heads-note" });
    panel.controls = hx.make("div", { class: "hx-controls" },
      hx.make("label", {}, hx.make("span", { text: "Sort by" }), panel.order), panel.kinds);
    panel.node = hx.make("div", { class: "hx-card hx-heads-card" }, hx.make("div", { class: "hx-bar" },
      hx.make("h2", { text: "All heads" }), panel.controls), panel.grid, panel.note);
    return panel;
  };

  const fill = (panel) => {
    const { kinds, problem } = panel.data;
    panel.controls.hidden = panel.grid.hidden = !kinds;
    panel.chips = [];
    panel.grid.replaceChildren();
    if (!kinds) {
      panel.note.textContent = problem || "The heads are being measured …";
      return;
    }
    kinds.forEach((row, layer) => row.forEach((kind, head) => panel.chips.push(chip(panel, layer, head, kind))));
    const count = (kind) => panel.chips.filter((each) => each.kind === kind).length;
    panel.filter = hx.segments("Kind of head",
      [["all", "all", "All kinds"], ...KINDS.map((kind) => [kind, `${kind} ${count(kind)}`])], "all",
      (filter) => hx.choose({ filter }));
    panel.kinds.replaceChildren(panel.filter);
    panel.note.textContent = about(panel.data);
    paint(panel);
    place(panel);
    mark(panel);
  };

  const about = ({ query_step: step }) => {
    const sampled = step > 1 ? ` Measured on every ${step}${step === 2 ? "nd" : step === 3 ? "rd" : "th"} moment that looks.` : "";
    return `Globalness is how widely a moment looks (its entropy, on average), verticality how far all look at the same moments, diagonality how near they look (Yang et al. 2020).${sampled}`;
  };

  const chip = (panel, layer, head, kind) => {
    const picture = hx.make("canvas", { "aria-hidden": "true" });
    const value = hx.make("small", {});
    const button = hx.make("button", {
      type: "button", class: "hx-chip", "aria-label": `Layer ${layer + 1}, head ${head + 1}, ${kind}`,
      "data-testid": `head-${layer}-${head}`, "data-kind": kind, onclick: () => panel.choose(layer, head),
    }, picture, hx.make("span", { "aria-hidden": "true" }, hx.make("b", { text: `${layer + 1} · ${head + 1}` })),
    hx.make("span", { class: "hx-kind", text: kind, "aria-hidden": "true" }), value);
    return { layer, head, kind, button, picture, value };
  };

  // Small maps are drawn once, a pixel a bin; the browser makes them larger.
  const paint = ({ data, chips }) => {
    if (!data?.kinds || !chips.length) return;
    const maps = hx.unpack(data.maps);
    const [, heads, bins] = maps.shape;
    const cells = hx.result.views.timeline.num_frames / data.frames_per_bin;
    for (const { layer, head, picture } of chips) {
      const from = (layer * heads + head) * bins * bins;
      const levels = hx.attention.levelsOf(maps.subarray(from, from + bins * bins));
      picture.width = picture.height = 2 * bins;
      const ctx = picture.getContext("2d");
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(hx.image(levels, bins, bins, hx.ramp("ink")), 0, 0, cells, cells, 0, 0, 2 * bins, 2 * bins);
    }
  };

  // Puts the heads in the order and the selection that were chosen.
  const place = (panel) => {
    const [order, , measure, sign, written] = SORTS.find(([value]) => value === hx.choices.sort) || SORTS[0];
    const wanted = KINDS.includes(hx.choices.filter) ? hx.choices.filter : "all";
    panel.order.value = order;
    panel.filter.choose(wanted);
    const number = ({ layer, head }) => panel.data[measure][layer][head];
    const shown = panel.chips.filter(({ kind }) => wanted === "all" || kind === wanted);
    if (measure) shown.sort((one, other) => sign * (number(one) - number(other)));
    for (const each of shown) each.value.textContent = measure ? written(number(each)) : "";
    const nothing = hx.make("p", { class: "hx-quiet", text: `No head of this model is ${wanted}.` });
    panel.grid.replaceChildren(...(shown.length ? shown.map(({ button }) => button) : [nothing]));
  };

  const mark = ({ chips, chosen }) => {
    for (const { layer, head, button } of chips) {
      button.setAttribute("aria-pressed", String(`${layer}-${head}` === chosen));
    }
  };
})();
