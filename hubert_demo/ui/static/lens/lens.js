// Every layer read and heard: two cards, each of which asks the server for nothing before somebody presses its button.

import { hearing } from "./hearing.js";
import { reading } from "./reading.js";

/** @import { Choices, Page } from "../core/types.js" */

/** @param {Page} page */
export const layerCards = (page) => {
  const cards = [reading(page), hearing(page)];
  return {
    elements: cards.map(({ element }) => element),
    /** Another result. */
    reset: () => cards.forEach((card) => card.reset()),
    /** Its transcript is here. */
    show: () => cards.forEach((card) => card.show()),
    choices: (/** @type {Choices} */ changed) => cards.forEach((card) => card.choices(changed)),
    draw: () => cards.forEach((card) => card.draw()),
    tick: () => cards.forEach((card) => card.tick()),
  };
};

/** @typedef {ReturnType<typeof layerCards>} LayerCards */
