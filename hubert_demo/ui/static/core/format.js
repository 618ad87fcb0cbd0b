// Numbers and words as the page writes them.

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** @param {number} time in seconds */
export const seconds = (time) => `${time.toFixed(2)} s`;

/** @param {number} fraction */
export const percent = (fraction) => `${Math.round(fraction * 100)} %`;

/**
 * A word as long as a picture has room for.
 * @param {string} text
 */
export const short = (text) => (text.length > 24 ? `${text.slice(0, 22)}…` : text);

/**
 * With the minus sign that numbers have in print.
 * @param {number} value
 * @param {number} [digits] after the point
 */
export const signed = (value, digits = 0) => value.toFixed(digits).replace("-", "−");
