// What the map says in words and numbers: of the head, of the row in question, of the value pointed at.

import { clock } from "../core/clock.js";
import { make, numbers } from "../core/dom.js";
import { seconds, short } from "../core/format.js";

/** @import { HeadMap } from "./bins.js" */

/** @param {number} value */
const share = (value) => `${Number((100 * value).toPrecision(2))} %`;

/** @param {number} time */
const place = (time) => {
  const word = clock.wordAt(time);
  return `${seconds(time)}${word ? `, ${short(word.text)}` : ""}`;
};

/** Four numbers and a sentence, whose texts are renewed in place. */
export const mapReading = () => {
  const sentence = make("p", { class: "hx-reading", "data-testid": "attention-reading" });
  const list = numbers([
    ["kind of head", "…", "attention-kind"], ["spread (entropy)", "", "attention-entropy"],
    ["looks most at", "", "attention-most"], ["within 0.1 s of itself", "", "attention-near"],
  ]);
  const [kind, entropy, most, near] = list.querySelectorAll("dd");
  const mostName = list.querySelectorAll("dt")[2];

  /**
   * @param {HeadMap} map
   * @param {number} row
   * @param {{ column: number } | null} pointed
   */
  const readRow = (map, row, pointed) => {
    const from = seconds(map.timeOf(row));
    const target = place(map.timeOf(map.mostOf(row)));
    most.textContent = target;
    mostName.textContent = `${from} looks most at`;
    near.replaceChildren(share(map.near[row]), " ", make("span", {
      class: "hx-quiet", text: `${share(map.nearByChance[row])} by chance`, "data-testid": "attention-near-chance",
      title: "If this moment looked at all moments alike",
    }));
    sentence.replaceChildren(...(pointed ? [
      make("b", { text: from }), " looks at ", make("b", { text: place(map.timeOf(pointed.column)) }),
      `: ${share(map.valueAt(row, pointed.column))} of its attention`,
    ] : [make("span", {
      class: "hx-quiet", text: "Point at the map to read a value; press to go there and hear it.",
    })]));
    return `, looks most at ${target}`;
  };

  /** @param {HeadMap} map */
  const readSpread = (map) => {
    const even = Math.log(clock.grid.count).toFixed(2);
    entropy.textContent = `${map.entropy_nats.toFixed(2)} nats`;
    entropy.title = `Looking at all moments alike would be ${even} nats, at one alone 0.`;
  };

  return { sentence, list, kind, readRow, readSpread };
};
