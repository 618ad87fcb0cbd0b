// The row above the map: which layer, coloured by what, how many clusters.

import { labelled, layerSlider, select, steer } from "../core/dom.js";
import { choose } from "../core/store.js";
import { titleOf, ways } from "./colours.js";
import { numberInput } from "./settings.js";

/** @import { LayersPart } from "../core/types.js" */


export const layerControls = () => {
  const slider = layerSlider(0, ["layer-slider", "layer-name"], (layer) => choose({ layer }));
  const colouring = select("colouring", ways.map((way) => [way, titleOf(way)]), (colour) => choose({ colour }));
  const count = numberInput("num_units", "num-units", 2);
  const units = labelled("Clusters", count, { hidden: true });

  return {
    element: steer(...slider.elements, labelled("Colour", colouring), units),
    /**
     * @param {LayersPart} part
     * @param {number} layer
     * @param {string} way
     * @param {number} numUnits
     */
    follow: ({ num_layers: last, max_units: most }, layer, way, numUnits) => {
      count.max = String(most);
      [colouring.value, count.value] = [way, String(numUnits)];
      units.hidden = way !== "unit";
      if (layer) slider.show(layer, last, `${layer} of ${last}`, `${layer} of ${last}`);
      else slider.show(layer, last, "input", "0, input of the first layer");
    },
  };
};
