// The words; and beneath them how they came about: the map of letters, the steps from frames to text, other readings,
// a text of one's own; what every layer says.

import { make } from "../core/dom.js";
import { emissionMap } from "../core/emissions.js";
import { pathOf } from "../core/letter_path.js";
import { resultOnShow } from "../core/store.js";
import { alignment } from "./alignment.js";
import { downloads } from "./downloads.js";
import { everyLayer } from "./every_layer.js";
import { headline } from "./headline.js";
import { readings } from "./readings.js";
import { stepThrough } from "./steps.js";

/** @import { Mount, TranscriptPart } from "../core/types.js" */

/** @type {Mount} */
export const mount = (root, page) => {
  const head = headline();
  const foot = make("div", { class: "hx-foot" }, head.shades);
  const meaning = make("p", { class: "hx-quiet", "data-testid": "confidence-note" });
  const map = emissionMap("Probability of each letter in every frame", "emission");
  const steps = stepThrough();
  const others = readings(page);
  const own = alignment(page);
  const layers = everyLayer(page);
  root.append(make("div", { class: "hx-card hx-said-card" }, ...head.elements, foot, meaning, head.times),
    ...[map, steps, others, own, layers].map(({ element }) => element));

  const show = (/** @type {TranscriptPart} */ part) => {
    const path = pathOf(part);
    head.show(part);
    foot.hidden = meaning.hidden = !resultOnShow().timeline.words.length;
    meaning.textContent = part.confidence;
    foot.replaceChildren(head.shades, downloads(page, part.formats));
    map.show(part, path);
    steps.show(path);
    others.show();
    own.show(part.formats);
    layers.show();
  };

  return {
    tab: true,
    parts: { transcript: show, reading: head.read },
    failed: (_, sentence) => head.fail(sentence),
    result: () => [own, layers].forEach((each) => each.reset()),
    draw: () => [map, steps, others, layers].forEach((each) => each.draw()),
    zoom: () => [map, layers].forEach((each) => each.draw()),
    choices: (changed) => [others, own, layers].forEach((each) => each.choices(changed)),
    tick: () => [head.words, map, steps, own, layers].forEach((each) => each.tick()),
  };
};
