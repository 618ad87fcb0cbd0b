// A line chart of numbers a layer: a press chooses a layer.

import { make, shape } from "./dom.js";
import { clamp } from "./format.js";

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {readonly number[]} values
 * @property {string} kind class of its colour
 * @property {number} [from] layer of the first value
 * @property {boolean} [dots]
 */

/** @typedef {{ lines: Line[], range: [low: number, high: number], layer: number, count: number }} Wanted */
/** @typedef {(layer: number) => number} Across the pixel of a layer */

const HEIGHT = 132;
const MARGIN = { left: 40, right: 12, top: 10, bottom: 24 };
const FOOT = HEIGHT - MARGIN.bottom;

/**
 * A number of a layer as it is written.
 * @param {number} value
 */
export const layerNumber = (value) => value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

/**
 * The round number at or above a value where a scale may end.
 * @param {number} value
 */
export const ceiling = (value) => {
  const step = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 1.5, 2, 3, 4, 5, 6, 8].map((times) => times * step).find((nice) => nice >= value) ?? 10 * step;
};

/**
 * @param {string} title
 * @param {(layer: number) => void} choose
 * @param {string} id for the tests
 */
export const layerChart = (title, choose, id) => {
  const legend = make("div", { class: "hx-chart-legend" });
  const box = make("div", { class: "hx-chart" });
  const element = make("section", { "data-testid": id }, make("h2", { text: title }), legend, box);
  const show = (/** @type {Wanted} */ wanted) => {
    legend.replaceChildren(...wanted.lines.map((line) => legendOf(line, wanted.layer)));
    const width = box.clientWidth;
    if (width > 0) box.replaceChildren(draw(title, width, wanted, choose));
  };
  /** Nothing to show. */
  const clear = () => [legend, box].forEach((each) => each.replaceChildren());
  return { element, show, clear };
};

/**
 * @param {Line} line
 * @param {number} layer
 */
const legendOf = ({ name, values, kind, from = 0 }, layer) => {
  const value = values[layer - from];
  return make("span", { class: `hx-chart-key ${kind}` }, make("i"),
    make("span", { text: name }), make("b", { text: value === undefined ? "–" : layerNumber(value) }));
};

/**
 * @param {string} title
 * @param {number} width
 * @param {Wanted} wanted
 * @param {(layer: number) => void} choose
 */
const draw = (title, width, { lines, range: [low, high], layer, count }, choose) => {
  const span = width - MARGIN.left - MARGIN.right;
  const x = (/** @type {number} */ l) => MARGIN.left + (count > 1 ? (l / (count - 1)) * span : span / 2);
  const y = (/** @type {number} */ value) =>
    FOOT - ((clamp(value, low, high) - low) / (high - low || 1)) * (FOOT - MARGIN.top);
  const onclick = (/** @type {MouseEvent} */ { clientX }) => {
    const across = clientX - svg.getBoundingClientRect().left - MARGIN.left;
    choose(clamp(Math.round((across / span) * (count - 1)), 0, count - 1));
  };
  const svg = shape("svg", {
    width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": spoken(title, lines), onclick,
  },
  ...scaleLines([low, (low + high) / 2, high], y, width - MARGIN.right),
  shape("line", { class: "hx-chart-chosen", x1: x(layer), x2: x(layer), y1: MARGIN.top, y2: FOOT }),
  ...labels(labelled(count, layer, span), layer, x),
  ...lines.flatMap((line) => path(line, layer, x, y)));
  return svg;
};

/**
 * As many digits after the point as values on a scale need.
 * @param {readonly number[]} values
 */
export const digitsOf = (values) => {
  if (values.every(Number.isInteger)) return 0;
  return values.every((value) => Math.abs(value * 10 - Math.round(value * 10)) < 1e-6) ? 1 : 2;
};

/**
 * @param {readonly number[]} values
 * @param {(value: number) => number} y
 * @param {number} right
 */
const scaleLines = (values, y, right) =>
  values.flatMap((value) => [
    shape("line", { class: "hx-chart-grid", x1: MARGIN.left, x2: right, y1: y(value), y2: y(value) }),
    shape("text", { x: MARGIN.left - 8, y: y(value) + 4, "text-anchor": "end", text: value.toFixed(digitsOf(values)) }),
  ]);

/**
 * The layers whose numbers there is room for: the chosen one always.
 * @param {number} count
 * @param {number} layer
 * @param {number} span in pixels
 */
export const labelled = (count, layer, span) => {
  const every = Math.max(1, Math.ceil((24 * count) / span));
  return [...Array(count).keys()].filter((l) => l === layer || (l % every === 0 && Math.abs(l - layer) >= every));
};

/**
 * @param {readonly number[]} layers
 * @param {number} chosen
 * @param {Across} x
 */
const labels = (layers, chosen, x) =>
  layers.map((l) => shape("text", {
    x: x(l), y: HEIGHT - 7, "text-anchor": "middle", class: l === chosen && "is-chosen", text: l,
  }));

/**
 * @param {Line} line
 * @param {number} layer
 * @param {Across} x
 * @param {(value: number) => number} y
 */
const path = ({ values, kind, from = 0, dots = true }, layer, x, y) => {
  const places = values.map((value, i) => [x(from + i), y(value)]);
  const line = shape("polyline", { class: `hx-chart-line ${kind}`, points: places.join(" ") });
  if (!dots) return [line];
  return [line, ...places.map(([cx, cy], i) =>
    shape("circle", { class: `hx-chart-dot ${kind}`, cx, cy, r: from + i === layer ? 5 : 2.5 }))];
};

/**
 * What a screen reader says of a chart.
 * @param {string} title
 * @param {Line[]} lines
 */
export const spoken = (title, lines) => {
  const said = lines.map(({ name, values, from = 0 }) =>
    `${name}: ${values.map((value, i) => `layer ${from + i} ${layerNumber(value)}`).join(", ")}`);
  return `${title}. ${said.join(". ")}.`;
};
