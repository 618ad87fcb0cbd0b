// All layers at once: a small map each, as buttons, in the colours of the large one.
(() => {
  "use strict";
  const hx = window.hx;

  const MOST_DOTS = 500; // more would only lie on top of each other

  // `choose(layer)` is called at a press. Gives { element, fill, paint, mark }.
  hx.layerGrid = (choose) => {
    const element = hx.make("div", { class: "hx-layer-grid", role: "group", "aria-label": "All layers at once" });
    const cells = () => [...element.children];

    // As many buttons as there are layers.
    const fill = (count) => {
      if (element.children.length === count) return;
      element.replaceChildren(...Array.from({ length: count }, (_, layer) => cell(layer, count - 1, choose)));
    };

    const paint = (points, colours, trustworthiness) => {
      const width = element.firstChild ? element.firstChild.clientWidth - 10 : 0;
      if (width <= 0) return;
      const height = Math.round(width * 0.82);
      cells().forEach((button, layer) => {
        const name = layer ? `Layer ${layer}` : "Layer 0, the input";
        button.title = points ? `${name}: ${hx.percent(trustworthiness[layer])} of neighbours kept` : name;
        const ctx = hx.fit(button.firstChild, width, height);
        if (points) dots(ctx, points, layer, colours, width, height);
      });
    };

    const mark = (layer) => cells().forEach((button, own) => button.setAttribute("aria-pressed", String(own === layer)));

    // Arrow keys go from one to the next.
    element.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      const next = step && cells()[cells().indexOf(event.target) + step];
      if (!step) return;
      event.preventDefault();
      if (!next) return;
      next.focus();
      next.click();
    });

    return { element, fill, paint, mark };
  };

  const cell = (layer, last, choose) => {
    const note = layer === 0 ? " input" : layer === last ? " last" : "";
    return hx.make("button", {
      type: "button", class: "hx-thumb hx-layer-cell", "aria-label": `Layer ${layer}${note}`, "aria-pressed": "false",
      "data-testid": `layer-cell-${layer}`, onclick: () => choose(layer),
    }, hx.make("canvas", { "aria-hidden": "true" }),
    hx.make("span", {}, hx.make("b", { text: String(layer) }), hx.make("small", { text: note })));
  };

  const dots = (ctx, points, layer, colours, width, height) => {
    const [, frames] = points.shape;
    const own = points.subarray(layer * frames * 2, (layer + 1) * frames * 2);
    const { scale, middle } = hx.layerFit(own, width - 8, height - 8);
    const every = Math.ceil(frames / MOST_DOTS);
    for (let frame = 0; frame < frames; frame += every) {
      ctx.fillStyle = colours[frame];
      const x = width / 2 + (own[2 * frame] - middle[0]) * scale;
      const y = height / 2 - (own[2 * frame + 1] - middle[1]) * scale;
      ctx.fillRect(x - 1.25, y - 1.25, 2.5, 2.5);
    }
  };
})();
