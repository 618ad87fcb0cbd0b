// What the dots of the maps are coloured by: a colour for every moment, what it means, and what the tip says.

import { clock } from "../core/clock.js";
import { make, scale } from "../core/dom.js";
import { seconds, signed } from "../core/format.js";
import { ramp, token } from "../core/paint.js";
import { colourAt, rgb } from "../core/ramps.js";

/** @import { LayersPart, Strip, Unpacked } from "../core/types.js" */
/** @import { Units } from "./units.js" */

/** @typedef {{ values: Unpacked, low: number, high: number, unit: string }} Measured NaN where there is none */

/**
 * What there is to colour by.
 * @typedef {object} Source
 * @property {LayersPart["tokens"]} tokens
 * @property {LayersPart["groups"]} groups
 * @property {Units | null} units
 * @property {Readonly<Record<string, Measured>> | null} quantities
 * @property {string} ungrouped why the units cannot be had
 * @property {string} unmeasured why the quantities cannot be had
 */

/**
 * @typedef {object} Way
 * @property {(frame: number) => string} of a frame's colour
 * @property {(frame: number) => boolean} [has] whether a frame has what it would be coloured by
 * @property {(frame: number) => string} [say] what the tip says
 * @property {() => HTMLElement[]} legend
 */

const NAMED = 6; // colours that most eyes tell apart; then each lighter, then each darker
const TINTS = [[255, 0], [255, 0.55], [0, 0.4]];
const REPEATS = NAMED * TINTS.length;

/**
 * A colour as it is, lighter, or darker: in turn.
 * @param {string} hex
 * @param {number} turn
 */
export const tinted = (hex, turn) => {
  const [towards, share] = TINTS[turn % TINTS.length];
  return `rgb(${rgb(hex).map((part) => Math.round(part + (towards - part) * share))})`;
};

/** @param {number} unit */
const unitColour = (unit) => tinted(token(`--hx-class-${(unit % NAMED) + 1}`), Math.floor(unit / NAMED));

const none = () => token("--hx-line-strong");

/**
 * The group of letters that a letter is in; -1 for none.
 * @param {LayersPart["groups"]} groups
 * @param {string} letter
 */
export const groupOf = (groups, letter) =>
  groups.findIndex(([, letters]) => [...letters].includes(letter.toLowerCase()));

/**
 * What a colour means.
 * @param {string} name
 * @param {string} style
 */
export const key = (name, style) => make("span", { class: "hx-key" }, make("i", { style }), note(name));

/** @param {string} text */
const note = (text) => make("span", { text });

/** @param {string} name */
const noneKey = (name) => key(name, "background:var(--hx-line-strong);transform:scale(.5)");

/** @type {Record<string, (source: Source) => Way>} */
const WAYS = {
  time: ({ tokens }) => ({
    of: (frame) => colourAt(ramp("time"), frame / Math.max(1, tokens.length - 1)),
    legend: () => [scale("time", "0 s", seconds(clock.duration))],
  }),
  letter: ({ tokens, groups }) => ({
    of: (frame) => {
      const group = groupOf(groups, tokens[frame]);
      return group < 0 ? none() : token(`--hx-class-${group + 1}`);
    },
    has: (frame) => Boolean(tokens[frame]),
    legend: () => [
      ...groups.map(([name], group) => key(name, `background:var(--hx-class-${group + 1})`)), noneKey("no letter"),
      note("letters of the greedy transcript"),
    ],
  }),
  energy: (source) => quantity("energy", source, () => []),
  pitch: (source) => quantity("pitch", source, () => [noneKey("no pitch")]),
  unit: ({ units, ungrouped }) => ({
    of: (frame) => (units ? unitColour(units.values[frame]) : none()),
    legend: () =>
      units && !ungrouped ? unitLegend(units) : [note(ungrouped || "Finding the clusters …")],
    say: (frame) => (units ? `cluster ${units.values[frame] + 1}` : ""),
  }),
};

/**
 * @param {string} name
 * @param {Source} source
 * @param {() => HTMLElement[]} rest of the legend
 * @returns {Way}
 */
const quantity = (name, { quantities, unmeasured }, rest) => {
  const said = unmeasured || `Measuring the ${titleOf(name)} …`;
  if (!quantities) return { of: none, has: () => false, legend: () => [note(said)] };
  const { values, low, high, unit } = quantities[name];
  const has = (/** @type {number} */ frame) => !Number.isNaN(values[frame]);
  const written = (/** @type {number} */ value) => `${signed(Math.round(value))} ${unit}`;
  return {
    of: (frame) => (has(frame) ? colourAt(ramp("time"), (values[frame] - low) / (high - low || 1)) : none()),
    has,
    legend: () => [scale("time", written(low), written(high)), ...rest()],
    say: (frame) => (has(frame) ? written(values[frame]) : `no ${titleOf(name)}`),
  };
};

/** @param {Units} units */
const unitLegend = ({ num_units: count, layer }) => {
  const shown = Math.min(count, REPEATS);
  const cells = Array.from({ length: shown }, (_, unit) => make("i", { style: `background:${unitColour(unit)}` }));
  const again = count > REPEATS ? ` Colours repeat after ${REPEATS}.` : "";
  const where = layer === 0 ? "the input" : `layer ${layer}`;
  return [
    make("span", { class: "hx-swatches", "aria-hidden": "true" }, ...cells),
    note(`${count} clusters of similar frames, found by k-means in ${where}, numbered by first appearance.${again}`),
  ];
};

/** The ways to colour. */
export const ways = Object.keys(WAYS);

/** @type {Record<string, string>} */
const TITLES = { energy: "loudness", unit: "cluster" };

/** What a way is called on the page. @param {string} way */
export const titleOf = (way) => TITLES[way] ?? way;

/**
 * A colour for every frame of what is there now, in the theme that is on.
 * @param {string} way
 * @param {Source} source
 */
export const colouringOf = (way, source) => {
  const { of, has = () => true, say = () => "", legend } = WAYS[way](source);
  return { way, colours: source.tokens.map((_, frame) => of(frame)), has, say, legend };
};

/** @typedef {ReturnType<typeof colouringOf>} Colouring */

/**
 * The colours on the scale of time.
 * @param {() => Colouring} now
 * @returns {Strip}
 */
export const colourStrip = (now) => ({
  height: 22,
  label: () => "Colour of each frame on the map below",
  draw: (ctx, axis, height) =>
    now().colours.forEach((colour, frame) => {
      ctx.fillStyle = colour;
      const x = axis.x(clock.grid.startOf(frame));
      ctx.fillRect(x, 2, axis.x(clock.grid.startOf(frame + 1)) - x + 0.5, height - 10);
    }),
});
