// The lens: what each layer would write if it were the last, by each read-out; the errors, the letters, and the letters
// over time of one layer.

import { question } from "../core/ask.js";
import { ceiling, layerChart } from "../core/chart.js";
import { button, layerSlider, make, say, segments } from "../core/dom.js";
import { emissionMap } from "../core/emissions.js";
import { problemLine } from "../core/form.js";
import { pathOf } from "../core/letter_path.js";
import { choose, facts, resultOnShow, store } from "../core/store.js";
import { letterRow } from "./letters.js";
import { textList } from "./texts.js";

/** @import { Choices, LensAnswer, LetterPath, Page, ReadOut } from "../core/types.js" */

/** Names of the read-outs on the page. @type {Readonly<Record<string, string>>} */
export const READ_OUTS = { head: "CTC head as it is", affine: "affine map", linear: "linear read-out" };

const WHAT = "The lens: what the model would write if a layer were its last one.";
const HOW = "The CTC head as it is reads a layer’s states as if they were the last layer’s; most layers store the " +
  "same things differently. The affine map first turns them into what the last layer would hold; the linear read-out " +
  "takes letters straight from the layer.";

/** @type {Readonly<Record<string, string>>} */
const TONES = { head: "hx-tone-2", affine: "hx-tone-3", linear: "hx-tone-1" };

/**
 * The read-out that is on show: the chosen one, or the one that says most where there is no such.
 * @param {LensAnswer} answer
 * @param {string | undefined} chosen
 * @returns {ReadOut}
 */
export const readOutOf = ({ read_outs: all, best }, chosen) =>
  /** @type {ReadOut} */ (all.find(({ name }) => name === chosen) ?? all.find(({ name }) => name === best));

/**
 * The lines of the chart: errors by each read-out, and by chance of the one on show. None without a text to compare.
 * @param {LensAnswer} answer
 * @param {ReadOut} shown
 */
export const linesOf = ({ read_outs: all }, shown) => {
  const known = (/** @type {readonly (number | null)[]} */ values) =>
    values.flatMap((value) => (value === null ? [] : [value]));
  const lines = all.map(({ name, cer }) => ({ name: READ_OUTS[name], values: known(cer), kind: TONES[name] }));
  const chance = { name: "by chance", values: known(shown.cer_by_chance), kind: `${TONES[shown.name]} is-chance` };
  return [...lines, { ...chance, dots: false }].filter(({ values }) => values.length);
};

/** @param {Page} page */
export const reading = (page) => {
  /** @type {LensAnswer | null} */
  let answer = null;
  let asked = ""; // of which result, against which text
  let mapped = ""; // which letters over time are on show, or on their way
  /** The read-outs to choose from. @type {ReturnType<typeof waysOf> | null} */
  let ways = null;

  const read = button("Read every layer", () => {
    asked = "";
    choose({ lens: store.choices.lens || facts().read_outs[facts().read_outs.length - 1] });
    follow();
  }, "lens-read", "is-plain");
  const problem = problemLine("lens-problem");
  const unable = make("p", { class: "hx-quiet", hidden: true, "data-testid": "lens-unable" });
  const status = make("p", { class: "hx-quiet", role: "status", "data-testid": "lens-status" });
  const choices = make("span", { "data-testid": "lens-read-out" });
  const slider = layerSlider(0, ["lens-layer", "lens-layer-name"], (layer) => choose({ lens_layer: layer }));
  const warning = make("p", { class: "hx-lens-warning", hidden: true, "data-testid": "lens-warning" });
  const note = make("p", { class: "hx-quiet", "data-testid": "lens-note" });
  const chart = layerChart("Character error rate of every layer", (layer) => choose({ lens_layer: layer }), "lens-cer");
  const texts = textList((layer) => choose({ lens_layer: layer }));
  const letters = letterRow();
  const map = emissionMap("Probability of each letter in every frame", "lens");
  const found = make("div", { class: "hx-lens-found", hidden: true, "data-testid": "lens" },
    make("div", { class: "hx-controls" }, choices, ...slider.elements), warning,
    make("div", { class: "hx-lens-columns" },
      make("div", {}, chart.element, note, make("p", { class: "hx-quiet", text: HOW })), texts.element),
    ...letters.elements);
  map.element.hidden = true;
  const card = make("div", { class: "hx-card hx-lens" },
    make("div", { class: "hx-bar" }, make("h2", { text: "What every layer writes" }),
      make("span", { class: "hx-quiet", text: WHAT }), make("span", { class: "hx-grow" }), read),
    unable, problem, status, found);
  const element = make("section", { class: "hx-every-layer", "aria-label": "What every layer writes" }, card,
    map.element);
  const asking = question(page, "lens", card);
  const mapping = question(page, "lens_layer", map.element);

  const layerNow = () => store.choices.lens_layer ?? resultOnShow().middle_layer;
  const reference = () => store.choices.reference ?? "";
  const whyNot = () => resultOnShow().why_not.lens;

  const clear = () => {
    asking.forget();
    mapping.forget();
    answer = null;
    asked = mapped = "";
    say(problem);
    status.textContent = "";
    found.hidden = map.element.hidden = true;
    read.hidden = false;
  };

  const show = () => {
    if (!answer || !card.clientWidth) return;
    const { num_layers: last } = resultOnShow();
    const [layer, shown] = [layerNow(), readOutOf(answer, store.choices.lens)];
    found.hidden = false;
    ways?.choose(shown.name);
    slider.show(layer, last);
    say(warning, answer.warning);
    if (note.textContent !== answer.note) note.textContent = answer.note;
    const lines = linesOf(answer, shown);
    const most = Math.max(...lines.flatMap(({ values }) => values));
    chart.element.hidden = !lines.length;
    if (lines.length) chart.show({ lines, range: [0, ceiling(most)], layer, count: last + 1 });
    texts.show(shown, layer);
    letters.show(shown, last, answer.is_reference);
    drawMap(shown.name, layer);
  };

  /** @param {string} name @param {number} layer */
  const drawMap = (name, layer) => {
    const wanted = JSON.stringify([name, layer]);
    if (wanted === mapped) return;
    mapped = wanted;
    mapping.put({ read_out: name, layer, reference: reference() }, (/** @type {LetterPath} */ part) => {
      map.element.hidden = false;
      map.entitle(`Layer ${layer}, ${READ_OUTS[name]}: probability of each letter in every frame`);
      map.show(part, pathOf(part));
      map.element.dataset.read = wanted;
    }, (sentence) => {
      mapped = "";
      say(problem, sentence);
    });
  };

  // A tab that nobody has opened asks for nothing, nor does one where nobody has pressed the button.
  const follow = () => {
    if (!store.result || !card.clientWidth) return;
    if (!store.choices.lens || whyNot()) return clear();
    const wanted = JSON.stringify([store.result.token, reference()]);
    if (wanted === asked) return show();
    clear();
    asked = wanted;
    status.textContent = "Reading every layer …";
    asking.put({ reference: reference() }, (/** @type {LensAnswer} */ given) => {
      answer = given;
      status.textContent = "";
      ways = waysOf(answer);
      choices.replaceChildren(ways.element);
      show();
      // Where the keyboard was, something is to be pressed.
      if (document.activeElement === read) ways.element.querySelector("button")?.focus({ preventScroll: true });
      read.hidden = true;
    }, (sentence) => {
      status.textContent = "";
      say(problem, sentence);
    });
  };

  return {
    element,
    reset: clear,
    show: () => {
      say(unable, whyNot());
      read.disabled = Boolean(whyNot());
      follow();
    },
    choices: (/** @type {Choices} */ changed) => {
      if (["lens", "lens_layer", "reference"].some((name) => name in changed)) follow();
    },
    draw: () => {
      follow();
      map.draw();
    },
    tick: () => {
      letters.tick();
      if (!map.element.hidden) map.tick();
    },
  };
};

/**
 * The read-outs that there are, to choose from.
 * @param {LensAnswer} answer
 */
const waysOf = ({ read_outs: all, best }) =>
  segments("Read-out", all.map(({ name }) => [name, READ_OUTS[name]]), best, (name) => choose({ lens: name }));
