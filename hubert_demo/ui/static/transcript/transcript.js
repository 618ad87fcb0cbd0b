// The words; and beneath them how they came about: the map of letters, the steps from frames to text, other readings,
// a text of one's own.

import { clock } from "../core/clock.js";
import { make, scale } from "../core/dom.js";
import { alignment } from "./alignment.js";
import { downloads } from "./downloads.js";
import { emissionMap } from "./emissions.js";
import { pathOf } from "./path.js";
import { readings } from "./readings.js";
import { stepThrough } from "./steps.js";
import { transcriptWords } from "./words.js";

/** @import { Mount, TranscriptPart } from "../core/types.js" */
/** @import { ReadWord } from "./readings.js" */

/** @type {Mount} */
export const mount = (root, page) => {
  const words = transcriptWords();
  const shades = make("span", { class: "hx-legend" }, scale("unsure", "sure", "unsure"),
    make("span", { class: "hx-quiet", text: "beneath: seconds, and how sure it is below 90 %" }));
  const foot = make("div", { class: "hx-foot" }, shades);
  const meaning = make("p", { class: "hx-quiet", "data-testid": "confidence-note" });
  const better = betterReading();
  const map = emissionMap();
  const steps = stepThrough();
  const others = readings(page, better.show);
  const own = alignment(page);
  root.append(make("div", { class: "hx-card" }, words.element, better.element, foot, meaning),
    ...[map, steps, others, own].map(({ element }) => element));

  const show = (/** @type {TranscriptPart} */ part) => {
    const path = pathOf(part);
    words.show(clock.words);
    better.element.hidden = true;
    shades.hidden = meaning.hidden = !clock.words.length;
    meaning.textContent = part.confidence;
    foot.replaceChildren(shades, downloads(page, part.formats));
    map.show(part, path);
    steps.show(path);
    others.show();
    own.show(part.formats);
  };

  return {
    tab: true,
    parts: { transcript: show },
    result: own.reset,
    draw: () => [map, steps, others].forEach((each) => each.draw()),
    choices: (changed) => [others, own].forEach((each) => each.choices(changed)),
    tick: () => [words, map, steps, own].forEach((each) => each.tick()),
  };
};

/** What a language model makes of the words, where that is something else. */
const betterReading = () => {
  const element = make("p", { class: "hx-better", hidden: true, "data-testid": "better" });
  const show = (/** @type {readonly ReadWord[]} */ words, /** @type {boolean} */ judged) => {
    element.hidden = !judged || !words.some(({ differs }) => differs);
    element.replaceChildren(
      make("span", { class: "hx-quiet", text: "Helped by a language model: " }),
      words.map(({ text }) => text).join(" "),
    );
  };
  return { element, show };
};
