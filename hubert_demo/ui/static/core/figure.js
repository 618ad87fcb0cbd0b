// The boxes of the large figures. In presentation mode each is as high as its place in the window leaves room for, and
// is drawn again where that changes.

import { redraw } from "./paint.js";

const PRESENTING = "is-presenting";

/** Whether one figure fills the window; never on paper. */
export const isPresenting = () => document.body.classList.contains(PRESENTING);

/** Fills the window with one figure, or ends that: all is drawn again then. @param {boolean} isOn */
export const fillWindow = (isOn) => void document.body.classList.toggle(PRESENTING, isOn);

/** @type {WeakMap<Element, number>} */
const heights = new WeakMap();

const follow = (/** @type {ResizeObserverEntry[]} */ entries) => {
  const changed = entries.filter(({ target }) => heights.get(target) !== target.clientHeight);
  for (const { target } of changed) heights.set(target, target.clientHeight);
  // In the next frame: sizes are being told now.
  if (changed.length && isPresenting()) requestAnimationFrame(redraw);
};

/** @type {ResizeObserver | null} */
let observer = null;

/**
 * Makes an element the box of a figure.
 * @param {HTMLElement} box
 */
export const figureBox = (box) => {
  box.classList.add("hx-figure");
  observer ??= new ResizeObserver(follow);
  observer.observe(box);
  /**
   * How high the figure is.
   * @template {number | null} Usual
   * @param {Usual} usual outside presentation mode
   * @returns {Usual | number}
   */
  const heightFor = (usual) => (isPresenting() ? box.clientHeight : usual);
  return heightFor;
};
