// How a text comes out of frames: what each frame says, repeats merged, blanks dropped, one beneath the other.
(() => {
  "use strict";
  const hx = window.hx;

  const CELL = 28;
  const NARROW_CELL = 22;
  const BEFORE = 2; // frames shown before the one that a new window is opened for
  const NAMES = ["frames", "merged", "kept"];

  hx.stepThrough = () => {
    const steps = { cells: [], now: -1 };
    steps.where = hx.make("span", { class: "hx-quiet", "data-testid": "steps-where" });
    steps.rows = NAMES.map((name, step) => ({
      sentence: hx.make("p", { class: "hx-step-name", "data-testid": `step-${name}-name` }),
      cells: hx.make("div", { class: "hx-step", "data-testid": `step-${name}`, ...(step ? { "aria-hidden": "true" } : {
        tabindex: 0, role: "slider", "aria-label": "What each frame says", "aria-valuemin": 0, "aria-valuenow": 0,
      }) }),
    }));
    [steps.slider] = steps.rows.map((row) => row.cells);
    steps.node = hx.make("div", { class: "hx-card hx-steps" },
      hx.make("div", { class: "hx-bar" }, hx.make("h2", { text: "How letters become text" }), steps.where),
      ...steps.rows.flatMap((row) => [row.sentence, row.cells]),
      hx.make("p", { class: "hx-quiet", text: "A blank between two equal letters keeps them apart: that is how a double letter is written. Click a letter to hear it." }));
    steps.result = ({ views }) => {
      steps.path = hx.path(views.transcript);
      steps.words = views.transcript.words;
      steps.window = null;
      steps.draw();
    };
    steps.draw = () => {
      steps.width = steps.slider.clientWidth;
      if (!steps.path || !steps.width) return;
      steps.window = null;
      steps.tick();
    };
    steps.tick = () => {
      if (!steps.path || !steps.width) return;
      const { frame } = steps.path;
      const wanted = windowAt(steps, frame);
      if (!steps.window || wanted.from !== steps.window.from || wanted.count !== steps.window.count) fill(steps, wanted);
      if (frame !== steps.now) mark(steps, frame);
      hx.announce(steps.slider, `, this frame says ${steps.path.at(frame).text}`);
    };
    listen(steps);
    return steps;
  };

  // The frames to show: those on show if the word being said, or else the moment, is among them; otherwise the
  // word in the middle, or the moment near the left.
  const windowAt = ({ width, words, path: { grid }, window: shown }, frame) => {
    const frames = grid.count;
    const count = Math.min(frames, Math.floor(width / (width < 500 ? NARROW_CELL : CELL)));
    let [first, end] = [frame, frame + 1];
    const word = hx.clock.wordAt(grid.timeOf(frame));
    if (word) {
      const [from, to] = [word.start_s, word.end_s - grid.hop / 4].map(grid.frameAt);
      // A word too long for the row is shown page by page.
      if (to - from < count) [first, end] = [Math.min(from, frame), Math.max(to, frame) + 1];
    }
    if (shown && shown.count === count && first >= shown.from && end <= shown.from + count) return shown;
    const before = word ? Math.max(BEFORE, Math.floor((count - (end - first)) / 2)) : BEFORE;
    return { from: hx.clamp(first - before, 0, frames - count), count };
  };

  const fill = (steps, { from, count }) => {
    steps.window = { from, count };
    steps.now = -1;
    const end = from + count;
    const runs = steps.path.runs.filter((run) => run.first < end && run.end > from);
    const singles = Array.from({ length: count }, (_, i) => {
      const run = steps.path.at(from + i);
      return { ...run, run, first: from + i, end: from + i + 1 };
    });
    const merged = runs.map((run) => ({ ...run, run, first: Math.max(run.first, from), end: Math.min(run.end, end) }));
    const kept = merged.filter((piece) => piece.writes);
    steps.cells = [singles, merged, kept].map((pieces, step) => {
      const row = steps.rows[step].cells;
      const cells = pieces.map((piece) => ({ ...piece, node: cell(piece, from, step) }));
      row.style.setProperty("--count", count);
      row.replaceChildren(...cells.map(({ node }) => node));
      return cells;
    });
    const { hop, timeOf } = steps.path.grid;
    steps.where.textContent = `${timeOf(from).toFixed(2)}–${hx.seconds(timeOf(end - 1))}`;
    const [first, second, third] = steps.rows.map((row) => row.sentence);
    first.replaceChildren(...sentence(1, "What each frame says.", `One every ${Math.round(1000 * hop)} ms; a dot is the blank, which says nothing new.`));
    second.replaceChildren(...sentence(2, "Repeats are merged.", `${some(count, "frame")} become ${some(merged.length, "cell")}.`));
    third.replaceChildren(...sentence(3, "Blanks are dropped.", left(kept)));
  };

  const sentence = (number, what, more) => [
    hx.make("b", { text: String(number) }), hx.make("strong", { text: what }), hx.make("span", { text: more }),
  ];

  const some = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

  const left = (kept) => {
    const text = kept.map((piece) => (piece.space ? " " : piece.text)).join("").trim().replace(/\s+/g, " ");
    const letters = kept.filter((piece) => !piece.space).length;
    if (!letters) return "Nothing is left here.";
    return `${some(letters, "letter")} ${letters === 1 ? "is" : "are"} left: “${text}”.`;
  };

  const cell = (piece, from, step) =>
    hx.make("span", {
      class: piece.space ? "is-space" : piece.writes ? "is-letter" : "is-blank",
      style: `grid-column:${piece.first - from + 1}/${piece.end - from + 1}`,
      "data-frame": step ? null : piece.first, "data-run": piece.writes ? piece.run.first : null,
      text: piece.space ? "" : piece.writes ? piece.text : "·",
    });

  const mark = (steps, frame) => {
    steps.now = frame;
    for (const row of steps.cells) {
      for (const { node, first, end } of row) node.classList.toggle("is-now", first <= frame && frame < end);
    }
  };

  const listen = (steps) => {
    hx.keys(steps.slider);
    steps.slider.addEventListener("keydown", (event) => {
      const run = event.key === "Enter" && steps.path?.at(steps.path.frame);
      if (run && run.writes) steps.path.hear(run);
    });
    steps.node.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-run], [data-frame]");
      if (!pressed) return;
      const { run, frame } = pressed.dataset;
      if (run) steps.path.hear(steps.path.at(Number(run)));
      else hx.clock.seek(steps.path.grid.timeOf(Number(frame)));
    });
  };
})();
