// The words beneath the timeline: each at its time, readable where there is any room.
(() => {
  "use strict";
  const hx = window.hx;

  const SMALL = 0.8; // of the usual size of type
  const PADDING = 6;

  // Fills `view.words` and `view.cells`, from a word to its cell. Words too near each other for one row of
  // text take turns above and below. Whatever is still too near shows when it is said or pointed at.
  hx.layWords = (view) => {
    const { words } = hx.result.views.transcript;
    const measure = document.createElement("canvas").getContext("2d");
    measure.font = hx.font(14);
    const lefts = words.map((word) => view.axis.x(word.start_s));
    const wanted = words.map((word) => measure.measureText(word.text).width + PADDING);
    const rooms = words.map((_, index) => (lefts[index + 1] ?? view.width) - lefts[index]);
    const rows = rowsOf(wanted.map((width, index) => width * SMALL <= rooms[index]));
    view.words.classList.toggle("has-two-rows", rows.some((row) => row));
    view.cells = new Map(words.map((word, index) => {
      const width = Math.max(3, view.axis.x(word.end_s) - lefts[index]);
      // Text may reach to the next word in its row, or to one that fills both.
      const next = rows.findIndex((row, i) => i > index && (!row || !rows[index] || row === rows[index]));
      const room = (next < 0 ? view.width : lefts[next]) - lefts[index];
      const isSmall = rows[index] || wanted[index] > room;
      const size = wanted[index] * SMALL > room ? "is-narrow" : isSmall ? "is-small" : "";
      return [word, cell(word, lefts[index], width, `${size} ${rows[index]}`)];
    }));
    const silent = hx.make("span", { class: "hx-silent", text: "no speech recognised" });
    view.words.replaceChildren(...(words.length ? view.cells.values() : [silent]));
  };

  // In which row each word is written: "" for the middle, where it and the one before fit.
  const rowsOf = (fits) => {
    let row = "";
    return fits.map((fit, index) => {
      const crowded = !fit || (index > 0 && !fits[index - 1]);
      row = !crowded ? "" : row === "is-upper" ? "is-lower" : "is-upper";
      return row;
    });
  };

  const cell = (word, left, width, size) =>
    hx.make("span", {
      class: `hx-cell ${size}`, title: word.text, style: `left:${left}px;width:${width}px`,
      onclick: () => hx.clock.hear(word.start_s, word.end_s),
    }, hx.make("span", { text: word.text }));
})();
