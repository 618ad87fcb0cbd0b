// Where the dots of a map lie.

/** @typedef {Float32Array<ArrayBuffer> & { shape: readonly number[] }} Points `(layers + 1, frames, 2)` */
/** @typedef {Float32Array<ArrayBuffer>} Places x and y of one frame after the other */

/**
 * The scale at which points fill a rectangle, and their middle.
 * @param {Places} points
 * @param {number} width
 * @param {number} height
 */
export const layerFit = (points, width, height) => {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  points.forEach((value, i) => {
    if (value < low[i % 2]) low[i % 2] = value;
    if (value > high[i % 2]) high[i % 2] = value;
  });
  return {
    scale: Math.min(width / (high[0] - low[0] || 1), height / (high[1] - low[1] || 1)),
    middle: [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2],
  };
};

/**
 * The pixels of a layer's points in the middle of a picture.
 * @param {Points} points
 * @param {number} layer
 * @param {number} width
 * @param {number} height
 * @param {number} margin
 * @returns {Places}
 */
export const placesOf = (points, layer, width, height, margin) => {
  const size = 2 * points.shape[1];
  const own = points.subarray(layer * size, (layer + 1) * size);
  const { scale, middle } = layerFit(own, width - 2 * margin, height - 2 * margin);
  return own.map((value, i) =>
    i % 2 ? height / 2 - (value - middle[1]) * scale : width / 2 + (value - middle[0]) * scale);
};

/**
 * The frame whose dot is nearest; null where none is within reach.
 * @param {Places} places
 * @param {number} x
 * @param {number} y
 * @param {number} reach in pixels
 */
export const nearest = (places, x, y, reach) => {
  /** @type {number | null} */
  let best = null;
  let least = reach * reach;
  for (let frame = 0; frame < places.length / 2; frame++) {
    const dx = places[2 * frame] - x;
    const dy = places[2 * frame + 1] - y;
    if (dx * dx + dy * dy < least) [best, least] = [frame, dx * dx + dy * dy];
  }
  return best;
};
