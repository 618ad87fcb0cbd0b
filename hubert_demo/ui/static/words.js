// The words beneath the timeline: each at its time, readable where there is any room.
(() => {
  "use strict";
  const hx = window.hx;

  const SMALL = 0.8; // of the usual size of type
  const PADDING = 6;

  // Fills `view.words` and `view.cells`, from a word to its cell. Where the words are too near each other for
  // one row of text, they take turns in two. Whatever is still too near shows when it is said or pointed at.
  hx.layWords = (view) => {
    const { words } = hx.result.views.transcript;
    const measure = document.createElement("canvas").getContext("2d");
    measure.font = hx.font(14);
    const lefts = words.map((word) => view.axis.x(word.start_s));
    const wanted = words.map((word) => measure.measureText(word.text).width + PADDING);
    // To where the next word of the same row starts.
    const room = (index, rows) => (lefts[index + rows] ?? view.width) - lefts[index];
    const fits = (index, rows) => wanted[index] * SMALL <= room(index, rows);
    const rows = words.every((_, index) => fits(index, 1)) ? 1 : 2;
    view.words.classList.toggle("has-two-rows", rows === 2);
    view.cells = new Map(words.map((word, index) => {
      const size = !fits(index, rows) ? "is-narrow" : rows === 2 || wanted[index] > room(index, 1) ? "is-small" : "";
      const width = Math.max(3, view.axis.x(word.end_s) - lefts[index]);
      return [word, cell(word, lefts[index], width, `${size} ${rows === 2 && index % 2 ? "is-lower" : ""}`)];
    }));
    const silent = hx.make("span", { class: "hx-silent", text: "no speech recognised" });
    view.words.replaceChildren(...(words.length ? view.cells.values() : [silent]));
  };

  const cell = (word, left, width, size) =>
    hx.make("span", {
      class: `hx-cell ${size}`, title: word.text, style: `left:${left}px;width:${width}px`,
      onclick: () => hx.clock.hear(word.start_s, word.end_s),
    }, hx.make("span", { text: word.text }));
})();
