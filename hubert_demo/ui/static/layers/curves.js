// What changes from layer to layer: three charts.

import { ceiling, layerChart } from "../core/chart.js";
import { make } from "../core/dom.js";
import { percent } from "../core/format.js";

/** @import { Known } from "./tab.js" */
/** @import { UnitScores } from "./units.js" */

const NORM = "Mean length (norm) of a frame’s vector. Layers differ in scale, so the maps standardise each one first.";
const ALIKE = "CKA (linear, debiased) is about 0 for unrelated layers and 1 if one is a rotated copy of the other. " +
  "By chance: with one of the two layers shifted in time.";
const LIKE = "Mean cosine of a frame’s vector and what it was before the change, each dimension standardised as it " +
  "was before; 1 where nothing has changed.";
const FINDING = "Finding the clusters of all layers …";

/** @param {(layer: number) => void} choose is called at a press */
export const layerCurves = (choose) => {
  const alike = layerChart("How similar neighbouring layers are", choose, "chart-alike");
  const size = layerChart("Vector length (norm)", choose, "chart-size");
  const like = layerChart("How much of each layer is as it was before", choose, "chart-like");
  const told = layerChart("How well clusters predict letters", choose, "chart-told");
  const note = make("p", { class: "hx-quiet", "data-testid": "told-note" });
  told.element.append(note);
  alike.element.append(make("p", { class: "hx-quiet", text: ALIKE }));
  like.element.append(make("p", { class: "hx-quiet", text: LIKE }));
  like.element.hidden = true;
  size.element.append(make("p", { class: "hx-quiet", text: NORM }));
  const rest = make("div", { class: "hx-card hx-layer-rest" }, size.element, told.element);

  /** @param {Known} result */
  const show = ({ part, layer, curves, earlier, scores: { found, problem } }) => {
    rest.hidden = !curves;
    like.element.hidden = !curves || !earlier;
    if (!curves) return;
    const common = { layer, count: part.num_layers + 1 };
    const { cosines = [], cka = [], norms = [] } = earlier?.curves ?? {};
    const least = Math.min(...curves.cosines, ...curves.cka, ...curves.cka_by_chance, ...cosines, ...cka);
    alike.show({ ...common, range: [Math.floor(Math.min(least, 0.9) * 10) / 10, 1], lines: [
      { name: "cosine to the previous layer", values: curves.cosines, from: 1, kind: "hx-tone-1" },
      { name: "linear CKA", values: curves.cka, from: 1, kind: "hx-tone-2" },
      { ...chance(curves.cka_by_chance, "hx-tone-2"), from: 1 },
      ...(earlier ? [{ ...was("cosine before", cosines), from: 1 }, { ...was("CKA before", cka), from: 1 }] : []),
    ] });
    size.show({ ...common, range: [0, ceiling(Math.max(...curves.norms, ...norms))], lines: [
      { name: "norm", values: curves.norms, kind: "hx-tone-1" }, ...(earlier ? [was("before", norms)] : []),
    ] });
    if (earlier) {
      const lowest = Math.floor(Math.min(0.9, ...earlier.like) * 10) / 10;
      like.show({ ...common, range: [lowest, 1], lines: [
        { name: "cosine to the same layer before", values: earlier.like, kind: "hx-tone-changed" },
      ] });
    }
    const known = problem ? null : found;
    told.element.classList.toggle("is-waiting", !known && !problem);
    note.textContent = known ? toldNote(known, part.label_reach_s) : problem || FINDING;
    if (known) told.show({ ...common, range: [0, 1], lines: toldLines(known) });
    else if (problem) told.clear();
  };
  return { alike: alike.element, like: like.element, rest, show };
};

/**
 * @param {readonly number[]} values
 * @param {string} kind
 */
const chance = (values, kind) => ({ name: "by chance", values, kind: `${kind} is-chance`, dots: false });

/**
 * @param {string} name
 * @param {readonly number[]} values
 */
const was = (name, values) => ({ name, values, kind: "hx-tone-changed is-before", dots: false });

/** @param {UnitScores} scores */
const toldLines = (scores) => [
  { name: "purity", values: scores.purity, kind: "hx-tone-1" },
  chance(scores.purity_by_chance, "hx-tone-1"),
  { name: "PNMI", values: scores.pnmi, kind: "hx-tone-3" },
  chance(scores.pnmi_by_chance, "hx-tone-3"),
];

/** @type {Readonly<Record<string, string>>} */
const LETTERS = {
  transcript: "the transcript’s letters. They come from the last layer, so it is compared with itself; align your " +
    "own text (under Transcript) to compare with that instead.",
  reference: "the letters of the text you aligned.",
};

/**
 * @param {UnitScores} scores
 * @param {number} reach in seconds
 */
export const toldNote = ({ num_units: count, most_common_share: share, letters_from: source }, reach) =>
  `${count} k-means clusters against ${LETTERS[source]} Purity: the share of frames that have their cluster’s most ` +
  "common letter. PNMI: how much knowing the cluster reduces uncertainty about the letter. Each frame is labelled " +
  `with the nearest letter within ${reach.toFixed(1)} s, else “none”; always guessing the most common label would be ` +
  `right ${percent(share)} of the time. By chance: the same clusters with the letters shifted in time.`;
