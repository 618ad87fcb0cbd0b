// Arrays as they travel.

/** @import { Packed, Unpacked } from "./types.js" */

const TYPES = {
  u1: Uint8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array,
};

/**
 * The typed array that `pack` in views/base.py wrote, with its `shape`.
 * @param {Packed} packed
 * @returns {Unpacked}
 */
export const unpack = ({ dtype, shape, data }) => {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const Type = TYPES[/** @type {keyof typeof TYPES} */ (dtype)];
  return Object.assign(new Type(bytes.buffer), { shape });
};
