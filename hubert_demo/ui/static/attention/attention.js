// Attention: heads of a layer as small maps, the chosen one large, and all heads of all layers.

import { button, layerSlider, make, say, steer } from "../core/dom.js";
import { clamp } from "../core/format.js";
import { choose, store } from "../core/store.js";
import { headsPanel } from "./heads.js";
import { headMaps } from "./load.js";
import { largeMap } from "./map.js";
import { mapReading } from "./reading.js";
import { sweeps } from "./sweeps.js";
import { headSwitch, switchBoard } from "./switches.js";
import { layerHeads } from "./thumbs.js";

/** @import { AttentionPart, HeadsPart, Mount } from "../core/types.js" */
/** @import { Here } from "./load.js" */

/** @type {Mount} */
export const mount = (root, page) => {
  /** @type {AttentionPart | null} */
  let part = null;
  /** @type {HeadsPart["kinds"] | null} */
  let kinds = null;
  /** @type {number | null} */
  let layer = null;
  let head = 0;
  /** @type {Here | null} */
  let shown = null;

  const reading = mapReading();
  const map = largeMap(reading.readRow);
  const slider = layerSlider(1, ["attention-layer", "attention-layer-name"], (wanted) => pick(wanted - 1, head));
  const thumbs = layerHeads((wanted) => layer !== null && pick(layer, wanted));
  const [board, toggle] = [switchBoard(), headSwitch()];
  const sweep = sweeps(page, board);
  const panel = headsPanel((...wanted) => pick(...wanted));
  const title = make("h2", { "data-testid": "attention-title" });
  const earlier = make("p", { class: "hx-quiet", role: "status", hidden: true, "data-testid": "attention-earlier" });
  const problem = make("p", { class: "hx-nothing", role: "alert", hidden: true });
  const again = button("Try again", () => maps.again(), "attention-again");
  again.hidden = true;
  root.append(steer(...slider.elements), make("div", { class: "hx-columns hx-columns-attention" },
    make("div", { class: "hx-card" }, thumbs.element, kindsNote()),
    make("div", { class: "hx-card" }, make("div", { class: "hx-bar" }, title, toggle.element, map.range),
      problem, again, earlier, map.element, reading.sentence, reading.list)),
    make("div", { class: "hx-card hx-switches-card" }, make("div", { class: "hx-bar" },
      make("h2", { text: "Switch parts off" }), sweep.measures), ...board.elements, ...sweep.heads),
    sweep.words, panel.element);

  const maps = headMaps(page, {
    show: (here) => {
      shown = here;
      complain(null);
      map.show(here.large);
      thumbs.fill(here.small.count);
      draw();
      root.dataset.shown = `${here.large.layer}-${here.large.head}`;
    },
    complain: (sentence) => complain(sentence),
    busy: (isBusy) => (isBusy ? root.setAttribute("aria-busy", "true") : root.removeAttribute("aria-busy")),
  });

  const complain = (/** @type {string | null} */ sentence) => {
    say(problem, sentence);
    again.hidden = !sentence;
  };

  // The map of an earlier choice stays until the new one is here.
  const sayWhose = () => {
    const isEarlier = shown && (shown.large.layer !== layer || shown.large.head !== head);
    say(earlier, shown && isEarlier ? `Still layer ${shown.large.layer + 1}, head ${shown.large.head + 1}.` : null);
    map.element.classList.toggle("is-earlier", Boolean(isEarlier));
  };

  // What is written around the map: the layer, the head, its kind and spread.
  const describe = () => {
    if (!part || layer === null) return;
    slider.show(layer + 1, part.num_layers);
    title.textContent = `Layer ${layer + 1}, head ${head + 1}`;
    toggle.follow(layer, head);
    thumbs.mark(layer, head, kinds?.[layer]);
    sayWhose();
    if (kinds) reading.kind.textContent = kinds[layer][head];
    panel.mark(layer, head);
    if (shown) reading.readSpread(shown.large);
  };

  const draw = () => {
    panel.draw();
    board.draw();
    sweep.draw();
    if (!shown || !root.clientWidth) return;
    map.draw();
    thumbs.draw(shown.small);
    describe();
  };

  /**
   * @param {number} wantedLayer
   * @param {number} wantedHead
   */
  const pick = (wantedLayer, wantedHead) => {
    if (!part) return;
    [layer, head] = [wantedLayer, wantedHead];
    describe();
    choose({ attention_layer: layer, head });
    maps.want({ layer, head });
  };

  /** What was chosen, here or elsewhere, as far as this model has it. @param {AttentionPart} model */
  const wanted = ({ num_layers, num_heads, middle_layer }) => /** @type {const} */ ([
    clamp(integer(store.choices.attention_layer) ?? layer ?? middle_layer, 0, num_layers - 1),
    clamp(integer(store.choices.head) ?? head, 0, num_heads - 1),
  ]);

  /**
   * What all heads do, or a sentence in its place.
   * @param {HeadsPart | string} measured
   * @param {string} [kind]
   */
  const fill = (measured, kind = "…") => {
    kinds = typeof measured === "string" ? null : measured.kinds;
    reading.kind.textContent = kind;
    panel.fill(measured);
    describe();
  };

  return {
    tab: true, strip: map.strip, draw, tick: map.tick, zoom: map.draw,
    result: (result) => {
      sweep.begin(result);
      part = shown = null;
      maps.forget();
      complain(null);
      say(earlier, null);
      map.show(null);
      thumbs.fill(0);
      fill("Measuring the heads …");
    },
    parts: {
      attention: (/** @type {AttentionPart} */ model) => {
        part = model;
        board.fill(model);
        pick(...wanted(model));
      },
      heads: fill,
    },
    changes: () => {
      board.mark();
      describe();
    },
    failed: (_, sentence) => fill(sentence, "unknown"),
    choices: (changed) => {
      panel.follow(changed);
      if (!part) return;
      const [wantedLayer, wantedHead] = wanted(part);
      if (wantedLayer !== layer || wantedHead !== head) pick(wantedLayer, wantedHead);
    },
  };
};

const integer = (/** @type {unknown} */ value) => (Number.isInteger(value) ? Number(value) : null);

const kindsNote = () =>
  make("p", { class: "hx-quiet" },
    make("b", { text: "Diagonal" }), " heads attend closer by than this model’s other heads, ",
    make("b", { text: "vertical" }), " heads more to the same few frames, ", make("b", { text: "global" }),
    " heads more widely. A head’s type may change from one recording to the next.");
