// The heads of one layer as small maps to choose from.

import { make } from "../core/dom.js";
import { oneStop } from "../core/keyboard.js";
import { fit } from "../core/paint.js";
import { changing, headOff } from "../page/changing.js";
import { drawLevels } from "./drawing.js";

/** @import { SmallMaps } from "./bins.js" */

/** @param {(head: number) => void} onpress */
export const layerHeads = (onpress) => {
  const element = make("div", { class: "hx-thumbs", role: "group", "aria-label": "Heads" });
  const settle = oneStop(element);
  /** @type {ReturnType<typeof thumbOf>[]} */
  let thumbs = [];
  return {
    element,
    /** @param {number} count of heads */
    fill: (count) => {
      if (thumbs.length === count) return;
      thumbs = Array.from({ length: count }, (_, head) => thumbOf(head, () => onpress(head)));
      element.style.setProperty("--columns", String(count <= 4 ? 2 : count <= 12 ? 3 : 4));
      element.replaceChildren(...thumbs.map(({ button }) => button));
    },
    /**
     * @param {number} layer whose heads they are
     * @param {number} chosen
     * @param {readonly string[]} [kinds] as far as they are known
     */
    mark: (layer, chosen, kinds) => {
      thumbs.forEach(({ button, kind }, head) => {
        const isOff = changing.has(headOff(layer, head));
        button.classList.toggle("is-off", isOff);
        const said = [...(isOff ? ["off"] : []), ...(kinds ? [kinds[head]] : [])].join(" · ");
        kind.textContent = said;
        button.setAttribute("aria-pressed", String(head === chosen));
        button.setAttribute("aria-label", `Head ${head + 1}${said ? ` ${said}` : ""}`);
      });
      settle();
    },
    /** @param {SmallMaps} small */
    draw: (small) => {
      const side = (thumbs[0]?.button.clientWidth || 0) - 10;
      if (side <= 0) return;
      thumbs.forEach(({ picture }, head) =>
        drawLevels(fit(picture, side, side), small.levelsAt(head), { first: 0, count: small.filled }, { side }));
    },
  };
};

/**
 * @param {number} head
 * @param {() => void} onclick
 */
const thumbOf = (head, onclick) => {
  const picture = make("canvas", { "aria-hidden": "true" });
  const kind = make("span");
  const button = make("button", { type: "button", class: "hx-thumb", "data-testid": `head-${head}`, onclick }, picture,
    make("div", {}, make("b", { text: String(head + 1) }), " ", kind));
  return { button, picture, kind };
};
