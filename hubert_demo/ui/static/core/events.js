// Who is told when something happens.

/** @typedef {(detail?: any) => void} Listener */

/** @type {Map<string, Set<Listener>>} */
const listeners = new Map();

/**
 * @param {string} event
 * @param {Listener} listener
 * @returns {() => void} ends it
 */
export const on = (event, listener) => {
  const all = listeners.get(event) || new Set();
  listeners.set(event, all.add(listener));
  return () => void all.delete(listener);
};

/**
 * @param {string} event
 * @param {unknown} [detail]
 */
export const emit = (event, detail) => {
  for (const listener of [...(listeners.get(event) || [])]) listener(detail);
};
