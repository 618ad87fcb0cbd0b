// What a heading on paper says of what is on show: settings as the page counts and names them.

import { seconds } from "../core/format.js";

/** @import { Choices, Result, Stretch } from "../core/types.js" */

/**
 * What is on show.
 * @typedef {object} Shown
 * @property {Pick<Result, "title" | "model" | "num_layers" | "middle_layer" | "changed">} result
 * @property {string | null} open view
 * @property {{ readonly [Name in keyof Choices]?: Choices[Name] | null }} choices as chosen, else as usual
 * @property {number} time
 * @property {Stretch | null} selection
 * @property {Stretch | null} zoom
 */

/** Where the page does not call them as a link does. @type {Record<string, string>} */
const COLOURS = { energy: "loudness", unit: "cluster" };

/** @param {Stretch} stretch */
const stretchOf = ({ from, to }) => `${from.toFixed(2)}–${seconds(to)}`;

/**
 * The settings of each view, as the page counts and names them.
 * @type {Record<string, (shown: Shown) => [name: string, value: unknown][]>}
 */
const SETTINGS = {
  transcript: ({ choices: { hotwords, reference } }) => [["Words to listen for", hotwords], ["Your text", reference]],
  keywords: () => [],
  layers: ({ choices, result: { num_layers: last } }) => {
    const { colour, num_units: units, method, num_neighbours: neighbours, metric, seed } = choices;
    const layer = choices.layer ?? last;
    const isUmap = method === "umap";
    return [
      ["Layer", layer ? `${layer} of ${last}` : "0, input of the first layer"],
      ["Colour", COLOURS[colour ?? ""] ?? colour], ["Clusters", colour === "unit" && units],
      ["Map", method?.toUpperCase()], ["Neighbours", isUmap && neighbours], ["Metric", isUmap && metric],
      ["Seed", isUmap && seed],
    ];
  },
  attention: ({ choices, result: { num_layers: count, middle_layer: middle } }) => [
    ["Layer", `${(choices.attention_layer ?? middle) + 1} of ${count}`], ["Head", (choices.head ?? 0) + 1],
  ],
};

/**
 * What a heading on paper says of what is on show: names and values, without those that have none.
 * @param {Shown} shown
 * @returns {[name: string, value: string][]}
 */
export const headingOf = (shown) => {
  const { result, open, time, selection, zoom } = shown;
  /** @type {[name: string, value: unknown][]} */
  const all = [
    ["Recording", result.title], ["Model", result.model.title],
    ["Changed", result.changed.map(({ words }) => words).join(" · ")],
    ["View", open && open[0].toUpperCase() + open.slice(1)],
    ...(SETTINGS[open ?? ""]?.(shown) ?? []),
    ["Time", seconds(time)], ["Selected", selection && stretchOf(selection)], ["Shown", zoom && stretchOf(zoom)],
  ];
  return all.flatMap(([name, value]) => (value || value === 0 ? [[name, String(value)]] : []));
};
