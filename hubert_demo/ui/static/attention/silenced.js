// What each word's sound does: a row a word, and how fast the transcript goes when the most important go first.

import { clock } from "../core/clock.js";
import { make, shape } from "../core/dom.js";
import { signed } from "../core/format.js";
import { sizeOf, WRITTEN } from "./effects.js";

/** @import { WordSweepAnswer } from "../core/types.js" */

const HEIGHT = 150;
const MARGIN = { left: 44, right: 12, top: 12, bottom: 26 };

export const silencedWords = () => {
  const list = make("ol", { class: "hx-silenced", "data-testid": "silenced" });
  const note = make("p", { class: "hx-quiet", hidden: true, "data-testid": "silenced-note" });
  const curve = make("div", { class: "hx-chart" });
  const curves = make("section", { hidden: true, "data-testid": "faithfulness" },
    make("h2", { text: "With more and more words silenced" }), curve, make("p", { class: "hx-quiet", text: CURVES }));
  /** @type {WordSweepAnswer | null} */
  let shown = null;

  const draw = () => {
    const width = curve.clientWidth;
    if (shown && width) curve.replaceChildren(drawCurves(shown, width));
  };

  return {
    elements: [list, note, curves], draw,
    /** What there is of it; nothing yet where that is null. @param {WordSweepAnswer | null} sweep */
    show: (sweep) => {
      shown = sweep;
      note.hidden = !sweep;
      curves.hidden = !sweep || sweep.removed.filter((value) => value !== null).length < 2;
      list.replaceChildren(...(sweep ? rowsOf(sweep) : []));
      if (sweep) note.textContent = noteOf(sweep);
      draw();
    },
  };
};

const CURVES = "Rise of the CTC loss with the most important word silenced, the two most important, and so on. Grey: " +
  "five random orders. The higher the line runs above them, the better the list above tells which words matter.";

/** @param {Pick<WordSweepAnswer, "by_chance" | "is_compared" | "keyword">} sweep */
export const noteOf = ({ by_chance: chance, is_compared: compared, keyword }) => {
  const of = "Rise of the greedy transcript’s CTC loss, in nats, with this word’s sound silenced" +
    `${keyword === null ? "" : `, and percentage points by which the probability of “${keyword}” changes`}.`;
  if (chance === null) return `${of} No word is compared with chance: there are too few other stretches as long.`;
  const not = compared.filter((each) => !each).length;
  const lonely = not ? ` For ${not} of the ${compared.length} words there are too few such stretches.` : "";
  return `${of} Bold: it rises more than with any of 20 other stretches about as long silenced (by chance 1 word in ` +
    `${Math.round(1 / chance)}).${lonely}`;
};

/** @param {WordSweepAnswer} sweep */
const rowsOf = ({ words, effects, is_marked: marked, keyword }) => {
  const [rises, changes] = [effects.loss_rise.flat(), effects.keyword_change.flat()];
  const most = Math.max(1e-9, ...rises.map((value) => sizeOf(value, "loss_rise")).filter(Number.isFinite));
  return words.map(({ text, start_s: start, end_s: end }, i) => {
    const [rise, change] = [rises[i], changes[i]];
    const share = rise === null ? 0 : sizeOf(rise, "loss_rise") / most;
    const [shown] = rise === null ? ["…"] : WRITTEN.loss_rise(rise);
    const beside = keyword === null || change === null ? "" : `${WRITTEN.keyword_change(change)[0]} pts`;
    return make("li", { class: marked[i] ? "is-marked" : "", "data-testid": "silenced-word" },
      make("button", { type: "button", text: text.toLowerCase(), onclick: () => clock.hear(start, end) }),
      make("span", { class: "hx-track" }, make("i", { style: `--share:${100 * share}%` })),
      make("span", { text: shown }), make("span", { class: "hx-quiet", text: beside }));
  });
};

/**
 * @param {WordSweepAnswer} sweep
 * @param {number} width in pixels
 */
const drawCurves = ({ removed, removed_at_random: others }, width) => {
  const known = [removed, ...others].flat().filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...known), Math.max(1, ...known)];
  const count = removed.length;
  const span = width - MARGIN.left - MARGIN.right;
  const x = (/** @type {number} */ i) => MARGIN.left + (i / Math.max(1, count - 1)) * span;
  const y = (/** @type {number} */ value) =>
    HEIGHT - MARGIN.bottom - ((value - low) / (high - low)) * (HEIGHT - MARGIN.bottom - MARGIN.top);
  const line = (/** @type {readonly (number | null)[]} */ values, /** @type {string} */ kind) => {
    const places = values.flatMap((value, i) => (value === null ? [] : [`${x(i)},${y(value)}`]));
    return shape("polyline", { class: `hx-chart-line ${kind}`, points: places.join(" ") });
  };
  const spoken = removed.map((value, i) => (value === null ? "" : `${i + 1}: ${value.toFixed(1)}`)).filter(Boolean);
  return shape("svg", {
    width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img",
    "aria-label": `Rise of the CTC loss by the number of words silenced. ${spoken.join(", ")}.`,
  }, ...[low, (low + high) / 2, high].flatMap((value) => [
    shape("line", { class: "hx-chart-grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }),
    shape("text", { x: MARGIN.left - 8, y: y(value) + 4, "text-anchor": "end", text: signed(Math.round(value)) }),
  ]), ...removed.map((_, i) =>
    shape("text", { x: x(i), y: HEIGHT - 8, "text-anchor": "middle", text: i + 1 })),
  ...others.map((values) => line(values, "is-random")), line(removed, "is-chosen"));
};
