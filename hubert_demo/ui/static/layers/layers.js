// The layers view: the large map with its controls, all layers small beside it, curves from layer to layer.

import { unpack } from "../core/arrays.js";
import { clock } from "../core/clock.js";
import { emit } from "../core/events.js";
import { choose, store } from "../core/store.js";
import { mapsBefore } from "./before.js";
import { frameWords } from "./captions.js";
import { colouringOf, colourStrip, ways } from "./colours.js";
import { layerMaps } from "./maps.js";
import { NAMES, settingsOf } from "./settings.js";
import { layersTab } from "./tab.js";
import { layerUnits, unitScores } from "./units.js";

/** @import { Choices, LayerCurves, LayerMeasuresPart } from "../core/types.js" */
/** @import { LayersPart, Mount, Quantity } from "../core/types.js" */
/** @import { Colouring, Measured } from "./colours.js" */
/** @import { Earlier } from "./tab.js" */

/**
 * The layer that is chosen if there is one, else the last.
 * @param {Choices} choices
 * @param {number} last
 */
export const layerOf = ({ layer = -1 }, last) =>
  Number.isInteger(layer) && layer >= 0 && layer <= last ? layer : last;

/** @param {Choices} choices */
export const wayOf = ({ colour = "" }) => (ways.includes(colour) ? colour : "time");

/** @type {Mount} */
export const mount = (root, page) => {
  const tab = layersTab(root);
  // Nothing below is called before the first part is there.
  /** @type {LayersPart} */
  let part;
  /** @type {Colouring} */
  let colouring;
  let layer = 0;
  /** @type {LayerCurves | null} */
  let curves = null;
  /** Before something was changed inside the model. @type {Earlier | null} */
  let earlier = null;
  /** @type {Record<string, Measured> | null} */
  let quantities = null;
  let unmeasured = "";
  let isThere = false; // the first part of the result on show

  const wanted = () => settingsOf(store.choices, part.settings);
  const known = () => {
    const shown = maps.now();
    const pointsBefore = originals.pointsFor(shown.map, part.settings);
    return { part, layer, colouring, curves, earlier, shown, pointsBefore, scores: scores.now() };
  };
  const originals = mapsBefore(() => paint("draw"));
  const maps = layerMaps(page, wanted, (isOther) => tab.showMap(known(), isOther));
  const units = layerUnits(page, () => paint("repaint"));
  const scores = unitScores(page, () => tab.describe(known()));

  const way = () => wayOf(store.choices);
  // The seed of the maps is that of the groups too.
  const grouping = () =>
    ({ num_units: Math.min(store.choices.num_units ?? part.num_units, part.max_units), seed: wanted().seed });
  const wantUnits = () => way() === "unit" && units.want({ layer, ...grouping() });

  const follow = () => tab.controls.follow(part, layer, way(), grouping().num_units);

  const colour = () => {
    const { found, problem } = units.now();
    colouring = colouringOf(way(), { ...part, quantities, unmeasured, units: found, ungrouped: problem });
    emit("strip", "layers");
  };

  const wantScores = () => scores.want({ ...grouping(), reference: store.choices.reference ?? "" });

  // Only where somebody looks; the scores are asked for then.
  const paint = (/** @type {"draw" | "repaint"} */ how) => {
    if (!root.clientWidth) return;
    colour();
    tab[how](known());
    wantScores();
  };

  const recolour = () => {
    follow();
    paint("repaint");
    wantUnits();
  };

  const chooseLayer = () => {
    const chosen = layerOf(store.choices, part.num_layers);
    if (chosen === layer) return;
    layer = chosen;
    follow();
    tab.move(known());
    wantUnits();
  };

  const begin = (/** @type {LayersPart} */ layers) => {
    part = layers;
    layer = layerOf(store.choices, part.num_layers);
    curves = quantities = earlier = null;
    originals.begin();
    unmeasured = "";
    isThere = true;
    root.parentElement?.querySelector("[data-frame-words]")?.replaceChildren(frameWords(clock.grid));
    colour();
    tab.settings.follow(part, wanted());
    choose({ layer });
    maps.begin(part.settings);
    recolour();
  };

  const measure = (/** @type {LayerMeasuresPart} */ measures) => {
    const { curves_before: before, like_before: like, quantities: { energy, pitch } } = measures;
    ({ curves } = measures);
    earlier = before && like && { curves: before, like };
    quantities = { energy: measured(energy), pitch: measured(pitch) };
    paint("repaint");
  };

  const failed = (/** @type {string} */ name, /** @type {string} */ sentence) => {
    if (name !== "layer_measures") return maps.fail(name.replace("layer_", ""), sentence);
    unmeasured = sentence;
    return paint("repaint");
  };

  return {
    tab: true,
    strip: colourStrip(() => colouring),
    parts: { layers: begin, layer_measures: measure, layer_pca: maps.add, layer_umap: maps.add },
    failed,
    result: () => {
      isThere = false;
      units.clear();
      scores.clear();
    },
    draw: () => paint("draw"),
    tick: tab.tick,
    choices: (changed) => {
      if ("layer" in changed) chooseLayer();
      if ("colour" in changed || "num_units" in changed || "seed" in changed) recolour();
      if ("reference" in changed && isThere && root.clientWidth) wantScores();
      if (!NAMES.some((name) => name in changed)) return;
      tab.settings.follow(part, wanted());
      maps.update();
    },
  };
};

/**
 * @param {Quantity} quantity
 * @returns {Measured}
 */
const measured = (quantity) => ({ ...quantity, values: unpack(quantity.values) });
