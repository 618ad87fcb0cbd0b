// What a classifier says that is no keyword spotter: of the whole recording first, then over time. It has no threshold:
// nobody has set one.

import { make } from "../core/dom.js";
import { percent } from "../core/format.js";
import { markBefore } from "./before.js";
import { number } from "./scores.js";

/** @import { Classification } from "../core/types.js" */

const REGRESSION = "regression";

/**
 * What stands above the view.
 * @param {Classification} found
 */
export const leadOf = ({ problem }) => [
  make("strong", { text: problem === REGRESSION ? "The number this model gives." : "How this model labels it." }),
  " The whole recording comes first, then each second of it.",
];

/**
 * The answer for the whole recording.
 * @param {Classification} found
 */
export const judgedCard = (found) => {
  const { labels, scores, problem, num_labels: count } = found;
  const areNumbers = problem === REGRESSION;
  return make("div", { class: "hx-card hx-judged", "data-testid": "judged" },
    make("h2", { text: "Over the whole recording" }),
    ...(areNumbers && count === 1 ? [bigNumber(found)] : []),
    ...(problem === "single_label_classification" ? [verdict(found)] : []),
    ...(areNumbers && count === 1 ? [] : [make("ul", {
      class: `hx-bars ${areNumbers ? "has-numbers" : ""} ${found.scores_before ? "has-before" : ""}`,
    },
      ...labels.map((label, i) => row(label, scores[i], found, i)))]),
    ...(count > labels.length ? [make("p", {
      class: "hx-quiet", text: `And ${count - labels.length} labels that are less probable; downloads have all.`,
    })] : []),
    make("p", { class: "hx-quiet", text: meaningOf(found), "data-testid": "judged-meaning" }));
};

/** @param {Classification} found */
const bigNumber = ({ labels: [label], scores: [score], scores_before: before }) => make("div",
  { class: "hx-best-line" },
  make("p", { class: "hx-best", text: number(score), "data-testid": "judged-best" }),
  make("p", { class: "hx-state" }, make("span", { text: before ? `${label}, was ${number(before[0])}` : label })));

/** @param {Classification} found */
const verdict = ({ labels: [label], scores: [score], by_chance: chance }) => make("div", { class: "hx-best-line" },
  make("p", { class: "hx-best", text: label, "data-testid": "judged-best" }),
  make("p", { class: "hx-state" }, make("b", { text: percent(score) }),
    make("span", { text: `${percent(chance ?? 0)} by chance` })));

/**
 * @param {string} label
 * @param {number} score
 * @param {Classification} found
 * @param {number} place
 */
const row = (label, score, { problem, scores_before: before }, place) => {
  const name = make("span", { text: label, title: label });
  const earlier = before?.[place];
  if (problem === REGRESSION) {
    const was = earlier === undefined ? "" : ` (was ${number(earlier)})`;
    return make("li", { "data-testid": "judged-label" }, name, make("span", { text: `${number(score)}${was}` }));
  }
  const track = make("span", { class: "hx-track" }, make("i", { style: `--share:${100 * score}%` }));
  const share = make("span", { text: percent(score) });
  if (earlier !== undefined) markBefore(track, share, earlier, score);
  const isBest = !place && problem === "single_label_classification";
  return make("li", { class: isBest ? "is-best" : "", "data-testid": "judged-label" }, name,
    track, share);
};

/**
 * What the numbers are.
 * @param {Classification} found
 */
const meaningOf = ({ problem, num_labels: count, by_chance: chance }) => {
  if (problem === REGRESSION) return "A number as the model was trained to give it, on the scale of its training.";
  if (problem === "multi_label_classification") return "Each label is judged by itself: they need not add up to 100%.";
  return `The ${count} labels add up to 100%. By chance each would have ${percent(chance ?? 0)}.`;
};

/**
 * What is shown along time.
 * @param {Classification} found
 */
export const overTime = ({ problem, labels, window_times_s: times }) => {
  const areNumbers = problem === REGRESSION;
  return {
    heading: `Over time: ${areNumbers ? "the number" : "probability"} in each one-second window`,
    name: areNumbers ? "Numbers over time" : "Probabilities of labels over time",
    labels, times, mark: null, areNumbers, best: problem === "single_label_classification" ? 0 : -1,
  };
};
