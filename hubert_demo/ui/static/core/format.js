// Numbers and words as the page writes them.

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** @param {number} time in seconds */
export const seconds = (time) => `${time.toFixed(2)} s`;

/**
 * A share as whole percent, below one percent with one decimal: what `hubert_demo/percent.py` writes elsewhere.
 * @param {number} share 0 to 1
 */
export const percent = (share) => {
  const tenths = Math.round(1000 * share);
  return `${tenths < 10 ? tenths / 10 : Math.round(100 * share)}%`;
};

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
