// The row above the map: which layer, coloured by what, how many units.

import { labelled, make, select } from "../core/dom.js";
import { clamp } from "../core/format.js";
import { choose } from "../core/store.js";
import { ways } from "./colours.js";

/** @import { LayersPart } from "../core/types.js" */

export const layerControls = () => {
  const slider = make("input", {
    type: "range", min: 0, max: 1, step: 1, "aria-label": "Layer", "data-testid": "layer-slider",
  });
  const which = make("output", { class: "hx-which", "data-testid": "layer-name" });
  const colouring = select("colouring", ways.map((way) => [way, way]));
  const count = make("input", { type: "number", min: 2, step: 1, "data-testid": "num-units" });
  const units = labelled("Units", count, { hidden: true });
  let chosen = 0;

  slider.addEventListener("input", () => choose({ layer: Number(slider.value) }));
  colouring.addEventListener("change", () => choose({ colour: colouring.value }));
  count.addEventListener("change", () => {
    count.value = String(clamp(Math.round(Number(count.value)) || chosen, 2, Number(count.max)));
    choose({ num_units: Number(count.value) });
  });

  return {
    element: make("div", { class: "hx-controls" }, labelled("Layer", slider, { class: "hx-grow" }), which,
      labelled("Colour", colouring), units),
    /**
     * @param {LayersPart} part
     * @param {number} layer
     * @param {string} way
     * @param {number} numUnits
     */
    follow: ({ num_layers: last, max_units: most }, layer, way, numUnits) => {
      [slider.max, count.max] = [String(last), String(most)];
      [slider.value, colouring.value, count.value] = [String(layer), way, String(numUnits)];
      chosen = numUnits;
      units.hidden = way !== "unit";
      which.textContent = layer === 0 ? "input" : `${layer} of ${last}`;
      slider.setAttribute("aria-valuetext", layer === 0 ? "0, input of the first layer" : `${layer} of ${last}`);
      slider.style.setProperty("--share", `${(100 * layer) / last}%`);
    },
  };
};
