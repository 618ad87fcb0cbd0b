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
  const own = ofLayer(points, layer);
  return placed(own, own, width, height, margin);
};

/**
 * The same with those of before, laid over them, at one scale.
 * @param {Points} points
 * @param {Points} before
 * @param {number} layer
 * @param {number} width
 * @param {number} height
 * @param {number} margin
 * @returns {[now: Places, before: Places]}
 */
export const placesOfBoth = (points, before, layer, width, height, margin) => {
  const now = ofLayer(points, layer);
  const then = laidOver(ofLayer(before, layer), now);
  const both = Float32Array.from([...now, ...then]);
  return [placed(now, both, width, height, margin), placed(then, both, width, height, margin)];
};

/** @param {Points} points @param {number} layer @returns {Places} */
const ofLayer = (points, layer) => points.subarray(2 * points.shape[1] * layer, 2 * points.shape[1] * (layer + 1));

/**
 * @param {Places} points
 * @param {Places} all that have to fit in
 * @param {number} width
 * @param {number} height
 * @param {number} margin
 * @returns {Places}
 */
const placed = (points, all, width, height, margin) => {
  const { scale, middle } = layerFit(all, width - 2 * margin, height - 2 * margin);
  return points.map((value, i) =>
    i % 2 ? height / 2 - (value - middle[1]) * scale : width / 2 + (value - middle[0]) * scale);
};

/**
 * A layer's points turned, mirrored, scaled and moved so that they lie on those of another map as well as they can:
 * maps have no directions of their own.
 * @param {Places} points
 * @param {Places} onto as many
 * @returns {Places}
 */
export const laidOver = (points, onto) => {
  const [from, to] = [points, onto].map(centred);
  let [turn, across, inwards, length] = [0, 0, 0, 0];
  let [mirroredTurn, mirroredAcross] = [0, 0];
  for (let i = 0; i < from.values.length; i += 2) {
    const [x, y, u, v] = [from.values[i], from.values[i + 1], to.values[i], to.values[i + 1]];
    turn += x * v - y * u;
    across += x * u + y * v;
    mirroredTurn += x * v + y * u;
    mirroredAcross += x * u - y * v;
    length += x * x + y * y;
    inwards += u * u + v * v;
  }
  if (!length || !inwards) return points.map((value, i) => value - from.middle[i % 2] + to.middle[i % 2]);
  const isMirrored = Math.hypot(mirroredTurn, mirroredAcross) > Math.hypot(turn, across);
  const [sine, cosine] = (isMirrored ? [mirroredTurn, mirroredAcross] : [turn, across]).map((each) => each / length);
  const sign = isMirrored ? -1 : 1;
  return points.map((_, i) => {
    const [x, y] = [from.values[i - (i % 2)], sign * from.values[i - (i % 2) + 1]];
    return (i % 2 ? x * sine + y * cosine : x * cosine - y * sine) + to.middle[i % 2];
  });
};

/** @param {Places} points */
const centred = (points) => {
  const middle = [0, 0];
  points.forEach((value, i) => void (middle[i % 2] += (2 * value) / points.length));
  return { middle, values: points.map((value, i) => value - middle[i % 2]) };
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
