// What every layer writes, and how it sounds: the scripts in lens/ are fetched once there is a transcript.

import { make } from "../core/dom.js";

/** @import { Choices, Page } from "../core/types.js" */
/** @import { LayerCards } from "../lens/lens.js" */

/** @param {Page} page */
export const everyLayer = (page) => {
  const element = make("div", { class: "hx-every-layer" });
  /** @type {LayerCards | null} */
  let cards = null;
  let isComing = false;

  const fetch = async () => {
    isComing = true;
    try {
      const { layerCards } = await import("../lens/lens.js");
      cards = layerCards(page);
      element.replaceChildren(...cards.elements);
      cards.show();
    } catch (problem) {
      console.error(problem);
      const text = "This could not be loaded. Check the connection and reload the page.";
      element.replaceChildren(make("p", { class: "hx-nothing", role: "alert", text }));
    }
  };

  return {
    element,
    reset: () => cards?.reset(),
    show: () => {
      if (!isComing) fetch();
      cards?.show();
    },
    choices: (/** @type {Choices} */ changed) => cards?.choices(changed),
    draw: () => cards?.draw(),
    tick: () => cards?.tick(),
  };
};
