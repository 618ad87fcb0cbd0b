// Keywords: the commands that were heard, in order; probabilities of the classes, along the recording where it is long
// enough, and as bars; and how much the classifier listens to each layer. Or what a classifier of something else says.

import { unpack } from "../core/arrays.js";
import { clock } from "../core/clock.js";
import { icon, make } from "../core/dom.js";
import { percent } from "../core/format.js";
import { markBefore } from "./before.js";
import { judgedCard, leadOf, overTime } from "./classification.js";
import { bestOf, verdictOf } from "./scores.js";
import { windowsCard } from "./windows.js";

/** @import { HeardCommand, KeywordScores, KeywordsPart, Mount } from "../core/types.js" */

const BEFORE = "The line in a bar is where it ended before the change, in the clearest second of then.";

/** @type {Mount} */
export const mount = (root) => {
  /** @type {ReturnType<typeof windowsCard> | null} */
  let along = null;
  const draw = () => {
    if (root.clientWidth) along?.draw();
  };
  const tab = root.closest(".hx-component");
  const usual = /** @type {HTMLElement | null | undefined} */ (tab?.querySelector(".hx-lead"));
  const lead = make("p", { class: "hx-lead", hidden: true });
  usual?.after(lead);
  const show = (/** @type {KeywordsPart} */ { scores, classification: found }) => {
    const windows = scores ? unpack(scores.window_probabilities) : found && unpack(found.window_scores);
    const shown = scores ? commandsOverTime(scores) : found && overTime(found);
    const before = scores ? scores.before?.window_probabilities : found?.window_scores_before;
    along = shown && windows && windows.shape[0] > 1
      ? windowsCard(shown, windows, before ? unpack(before) : null) : null;
    const second = along ? [along.element] : [];
    if (usual) usual.hidden = Boolean(found);
    lead.hidden = !found;
    lead.replaceChildren(...(found ? leadOf(found) : []));
    if (scores) {
      const columns = [barsCard(scores, Boolean(along)), weightsCard(scores.layer_weights)];
      root.replaceChildren(heardCard(scores), ...second, make("div", { class: "hx-columns" }, ...columns));
    } else if (found) {
      const weights = weightsCard(found.layer_weights);
      const first = weights ? make("div", { class: "hx-columns" }, judgedCard(found), weights) : judgedCard(found);
      root.replaceChildren(first, ...second);
    } else {
      const none = make("p", { class: "hx-nothing", text: "This model has no keyword head." });
      root.replaceChildren(make("div", { class: "hx-card" }, none));
    }
    draw();
  };
  return {
    tab: true, draw, zoom: draw,
    tick: () => along?.tick(),
    parts: { keywords: show },
  };
};

/** @param {KeywordScores} scores */
const commandsOverTime = (scores) => ({
  heading: "Over time: probability in each one-second window", name: "Keyword probabilities over time",
  labels: scores.labels, times: scores.window_times_s, best: bestOf(scores),
  mark: { from: scores.start_s, to: scores.end_s },
});

/**
 * Every command that was heard, to hear again; or that there was none.
 * @param {KeywordScores} scores
 */
const heardCard = ({ heard, threshold, before }) => {
  const earlier = before && [make("p", { class: "hx-before", "data-testid": "heard-before" },
    make("span", { class: "hx-quiet", text: "Before: " }), ...heardBefore(before.heard, heard))];
  const needed = `from ${percent(threshold)}`;
  const commands = heard.map((command) => make("li", {}, wordButton(command)));
  return make("div", { class: "hx-card hx-heard-card", "data-testid": "keywords-heard" }, ...(heard.length ? [
    make("ol", { class: "hx-heard", "aria-label": "Commands heard, in order" }, ...commands),
    make("p", { class: "hx-quiet", text: `In order, each at its clearest second; a command counts ${needed}.` }),
  ] : [make("p", { class: "hx-quiet", text: `No command heard: a command counts as heard ${needed}.` })]),
  ...(earlier || []));
};

/**
 * The commands of before; bold those that are not heard any more.
 * @param {readonly string[]} labels
 * @param {readonly HeardCommand[]} heard now
 */
const heardBefore = (labels, heard) => {
  const now = heard.map(({ label }) => label);
  if (!labels.length) return ["no command heard"];
  return labels.flatMap((text, i) => [i ? " · " : "", make(now.includes(text) ? "span" : "b", { text })]);
};

/** @param {HeardCommand} command */
const wordButton = ({ label, probability, start_s: start, end_s: end }) =>
  make("button", {
    type: "button", class: "hx-word", "data-testid": "heard-keyword", onclick: () => clock.hear(start, end),
  }, make("span", { text: label }),
  make("small", { text: `${start.toFixed(2)}–${end.toFixed(2)} s · ${percent(probability)}` }));

/**
 * @param {KeywordScores} scores
 * @param {boolean} isLong whether there is more than one window
 */
const barsCard = (scores, isLong) => {
  const { labels, is_command, probabilities, threshold, start_s: start, end_s: end, before } = scores;
  const best = bestOf(scores);
  const rows = labels.map((label, i) => {
    const track = make("span", { class: "hx-track" }, make("i", { style: `--share:${100 * probabilities[i]}%` }));
    if (is_command[i]) track.append(make("s", { style: `left:${100 * threshold}%` }));
    const share = make("span", { text: percent(probabilities[i]) });
    if (before) markBefore(track, share, before.probabilities[i], probabilities[i]);
    return make("li", { class: i === best ? "is-best" : "", "data-testid": "keyword" },
      make("span", { text: label }), track, share);
  });
  const hear = make("button", { type: "button", class: "hx-button", onclick: () => clock.hear(start, end) },
    icon("play"), make("span", { text: "Play" }));
  const stretch = `${start.toFixed(2)}–${end.toFixed(2)} s`;
  return make("div", { class: "hx-card" },
    make("div", { class: "hx-bar" },
      make("h2", { text: isLong ? "In the second with the clearest command" : "Over the whole recording" }),
      make("span", { class: "hx-quiet", text: stretch, "data-testid": "keyword-window" })),
    make("div", { class: "hx-best-line" },
      make("p", { class: "hx-best", text: labels[best], "data-testid": "keyword-best" }), verdict(scores), hear),
    make("ul", { class: `hx-bars ${before ? "has-before" : ""}` }, ...rows),
    ...(before ? [make("p", { class: "hx-quiet", text: BEFORE })] : []),
    make("p", { class: "hx-quiet" }, "“Unknown” is any other word, “silence” no speech at all. The twelve add up to " +
      "100%. A command counts as heard once its bar passes the dotted line."));
};

/** @param {KeywordScores} scores */
const verdict = (scores) => {
  const [state, why] = verdictOf(scores);
  return make("p", { class: `hx-state ${scores.is_heard ? "is-heard" : ""}`, "data-testid": "keyword-state" },
    make("b", { text: state }), make("span", { text: why }));
};

/**
 * The classifier mixes all layers; these are the shares it learned. They are the same for every recording.
 * @param {readonly number[] | null} weights
 */
const weightsCard = (weights) => {
  if (!weights) return "";
  const most = Math.max(...weights);
  const bars = weights.map((weight, layer) => {
    const isBest = weight === most;
    const exact = weight.toFixed(3);
    return make("li", {
      class: isBest ? "is-best" : "", title: `Layer ${layer}: ${exact}`, "data-testid": "layer-weight",
    }, make("i", { style: `--share:${(100 * weight) / most}%` }, make("b", { text: isBest ? weight.toFixed(2) : "" })),
    make("span", { text: String(layer) }), make("span", { class: "hx-unseen", text: `: ${exact}` }));
  });
  const crowded = weights.length > 16 ? "is-crowded" : "";
  return make("div", { class: "hx-card hx-weights-card" },
    make("h2", { text: "Which layers the classifier uses" }),
    make("p", { class: "hx-quiet", text: "Learned weights: they add up to 1 and are the same for every recording." }),
    make("ol", { class: `hx-weights ${crowded}`, "aria-label": "Weight of each layer" }, ...bars),
    make("p", { class: "hx-quiet hx-axis-name", text: "layer (0: input of the first)" }));
};
