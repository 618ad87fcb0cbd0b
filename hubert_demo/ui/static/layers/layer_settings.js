// How the map is made: method, neighbours, metric, seed; and fetching maps that are not on the page yet.
(() => {
  "use strict";
  const hx = window.hx;

  const NAMES = ["method", "num_neighbours", "metric", "seed"];
  const MOST_SEED = 2 ** 32 - 1;

  const same = (one, other) => NAMES.every((name) => one[name] === other[name]);

  // What the visitor wants, the server's defaults where they have not chosen.
  const wanted = (view) =>
    Object.fromEntries(NAMES.map((name) => [name, hx.choices[name] ?? view.data.settings[name]]));

  const option = (value, text) => hx.make("option", { value, text });

  // The controls. They write into hx.choices; `follow(view)` shows what is chosen there.
  const controls = () => {
    const number = (name, id, low, high) => {
      const input = hx.make("input", { type: "number", min: low, max: high, step: 1, "data-testid": id });
      input.addEventListener("change", () => {
        const value = Math.round(Number(input.value));
        if (input.value === "" || !Number.isFinite(value)) return hx.emit("choices", { [name]: hx.choices[name] });
        input.value = hx.clamp(value, Number(input.min), Number(input.max));
        return hx.choose({ [name]: Number(input.value) });
      });
      return input;
    };
    const select = (name, id, ...options) => {
      const input = hx.make("select", { "data-testid": id }, ...options);
      input.addEventListener("change", () => hx.choose({ [name]: input.value }));
      return input;
    };
    const own = {
      method: select("method", "method-choice", option("umap", "UMAP"), option("pca", "PCA")),
      num_neighbours: number("num_neighbours", "neighbours", 2, 100),
      metric: select("metric", "metric", option("euclidean", "straight line"), option("cosine", "cosine")),
      seed: number("seed", "seed", 0, MOST_SEED),
    };
    own.reset = hx.make("button", { type: "button", class: "hx-button", text: "Reset", "data-testid": "map-reset" });
    own.summary = hx.make("summary", { text: "How this map is made", "data-testid": "map-settings" });
    const label = (text, input) => hx.make("label", {}, hx.make("span", { text }), input);
    own.element = hx.make("details", { class: "hx-map-settings" }, own.summary,
      hx.make("div", { class: "hx-controls" }, label("Method", own.method), label("Neighbours", own.num_neighbours),
        label("Distance", own.metric), label("Seed", own.seed), own.reset),
      hx.make("p", { class: "hx-quiet", text: "Neighbours: how many moments UMAP keeps each one close to; few show fine threads, many the larger groups. Distance: straight, or the angle between states (cosine), which ignores their length. Another seed gives another map of the same neighbours." }));
    return own;
  };

  const follow = (view) => {
    const { settings: own } = view;
    const chosen = wanted(view);
    for (const name of NAMES) own[name].value = chosen[name];
    const isPca = chosen.method === "pca";
    for (const name of ["num_neighbours", "metric", "seed"]) own[name].disabled = isPca;
    own.reset.disabled = same(chosen, view.data.settings);
  };

  const key = (settings) => JSON.stringify(NAMES.map((name) => settings[name]));

  // The map that is wanted if it is on the page, else null.
  const atHand = (view) => {
    const chosen = wanted(view);
    if (chosen.method === "pca") return view.data.pca || null;
    if (same(chosen, view.data.settings)) return view.data.umap || null;
    return view.data.others?.get(key(chosen)) || null;
  };

  // Shows the map that is wanted, or asks for it and keeps what is shown meanwhile. Newest wish wins.
  const update = async (view, page) => {
    const asked = ++view.mapAsked;
    view.mapProblem = "";
    follow(view);
    const { data } = view;
    const chosen = wanted(view);
    const ready = atHand(view);
    const isDefault = chosen.method === "pca" || same(chosen, data.settings);
    view.show(ready || view.map || data.umap || data.pca || null);
    if (ready || isDefault || data.problem) return;
    try {
      let answer = { ready: false };
      while (answer && !answer.ready) {
        answer = await hx.ask(page, "remap", chosen);
        if (asked !== view.mapAsked) return;
      }
      if (!answer || view.data !== data) return;
      data.others = new Map([...(data.others || []), [key(chosen), answer.map]].slice(-4));
      view.show(answer.map);
    } catch (problem) {
      if (asked !== view.mapAsked) return;
      view.mapProblem = problem.message;
      view.show(view.map);
    }
  };

  // Whether the map on show is not the one that is wanted. PCA knows no neighbours, metric or seed.
  const isWaiting = (view) => {
    const { map, data } = view;
    if (!map || view.mapProblem || data.problem) return false;
    const chosen = wanted(view);
    return chosen.method === "pca" ? map.method !== "pca" : !same(chosen, map);
  };

  hx.layerSettings = { controls, update, isWaiting, wanted };
})();
