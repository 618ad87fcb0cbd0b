// How the map is made: method, neighbours, metric, seed.

import { button, labelled, make, select } from "../core/dom.js";
import { emit } from "../core/events.js";
import { clamp } from "../core/format.js";
import { choose, store } from "../core/store.js";

/** @import { Choices, LayersPart, MapSettings } from "../core/types.js" */

export const NAMES = /** @type {const} */ (["method", "num_neighbours", "metric", "seed"]);

const NOTE = "Neighbours: how many other frames UMAP keeps each frame close to; few bring out fine detail, many the " +
  "overall shape. Distance: straight line, or the angle between vectors (cosine), which ignores their length. A " +
  "different seed gives a different map of the same neighbours. The same seed gives the same map only on the same " +
  "machine with the same number of threads; the zip contains the points, and its script redraws the map from them.";

/**
 * @param {MapSettings} one
 * @param {MapSettings} other
 */
export const isSame = (one, other) => NAMES.every((name) => one[name] === other[name]);

/**
 * What is chosen, the server's defaults where nothing is.
 * @param {Choices} choices
 * @param {MapSettings} defaults
 * @returns {MapSettings}
 */
export const settingsOf = (choices, defaults) =>
  NAMES.reduce((settings, name) => ({ ...settings, [name]: choices[name] ?? defaults[name] }), defaults);

/**
 * A whole number to choose. What is none goes back to what is chosen.
 * @param {keyof Choices} name
 * @param {string} id for the tests
 * @param {number} min
 */
export const numberInput = (name, id, min) => {
  const input = make("input", { type: "number", min, step: 1, "data-testid": id });
  input.addEventListener("change", () => {
    const value = Math.round(Number(input.value));
    if (input.value === "" || !Number.isFinite(value)) return emit("choices", { [name]: store.choices[name] });
    input.value = String(clamp(value, Number(input.min), Number(input.max)));
    return choose({ [name]: Number(input.value) });
  });
  return input;
};

export const mapSettings = () => {
  /** @type {MapSettings} */
  let defaults;
  const inputs = {
    method: select("method-choice", [["umap", "UMAP"], ["pca", "PCA"]], (method) => choose({ method })),
    num_neighbours: numberInput("num_neighbours", "neighbours", 0),
    metric: select("metric", [["euclidean", "straight line"], ["cosine", "cosine"]], (metric) => choose({ metric })),
    seed: numberInput("seed", "seed", 0),
  };
  const back = button("Reset", () => choose({ ...defaults }), "map-reset");
  const element = make("details", { class: "hx-map-settings" },
    make("summary", { text: "How this map is made", "data-testid": "map-settings" }),
    make("div", { class: "hx-controls" }, labelled("Method", inputs.method),
      labelled("Neighbours", inputs.num_neighbours), labelled("Distance", inputs.metric),
      labelled("Seed", inputs.seed), back),
    make("p", { class: "hx-quiet", text: NOTE }));
  return {
    element,
    /**
     * @param {LayersPart} part
     * @param {MapSettings} chosen
     */
    follow: ({ settings, neighbours, max_seed: most }, chosen) => {
      defaults = settings;
      [inputs.num_neighbours.min, inputs.num_neighbours.max] = neighbours.map(String);
      inputs.seed.max = String(most);
      for (const name of NAMES) {
        inputs[name].value = String(chosen[name]);
        inputs[name].disabled = name !== "method" && chosen.method === "pca";
      }
      back.disabled = isSame(chosen, defaults);
    },
  };
};
