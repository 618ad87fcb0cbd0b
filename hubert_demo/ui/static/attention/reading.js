// What the map says in words and numbers: of the head, of the row in question, of the value pointed at.

import { clock } from "../core/clock.js";
import { make, numbers } from "../core/dom.js";
import { percent, seconds, short } from "../core/format.js";

/** @import { HeadMap } from "./bins.js" */


/** @param {number} time */
const place = (time) => {
  const word = clock.wordAt(time);
  return `${seconds(time)}${word ? `, ${short(word.text)}` : ""}`;
};

/** Four numbers and a sentence, whose texts are renewed in place. */
export const mapReading = () => {
  const sentence = make("p", { class: "hx-reading", "data-testid": "attention-reading" });
  const list = numbers([
    ["head type", "…", "attention-kind"], ["spread (entropy)", "", "attention-entropy"],
    ["looks most at", "", "attention-most"], ["attention within 0.1 s", "", "attention-near"],
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
    near.replaceChildren(percent(map.near[row]), " ", make("span", {
      class: "hx-quiet", text: `${percent(map.nearByChance[row])} by chance`, "data-testid": "attention-near-chance",
      title: "What a frame would have there if it looked at all frames equally",
    }));
    sentence.replaceChildren(...(pointed ? [
      make("b", { text: from }), " looks at ", make("b", { text: place(map.timeOf(pointed.column)) }),
      `: ${percent(map.valueAt(row, pointed.column))} of its attention`,
    ] : [make("span", {
      class: "hx-quiet", text: "Point at the map to read a value; click to go there and play it.",
    })]));
    return `, looks most at ${target}`;
  };

  /** @param {HeadMap} map */
  const readSpread = (map) => {
    const even = Math.log(clock.grid.count).toFixed(2);
    entropy.textContent = `${map.entropy_nats.toFixed(2)} nats`;
    entropy.title = `${even} nats if every frame looked at all frames equally, 0 if each looked at just one.`;
  };

  return { sentence, list, kind, readRow, readSpread };
};
