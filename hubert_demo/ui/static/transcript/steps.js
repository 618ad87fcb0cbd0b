// How a text comes out of frames: what each frame says, repeats merged, blanks dropped, one beneath the other.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { clamp, seconds } from "../core/format.js";
import { announce, asSlider } from "../core/paint.js";

/** @import { FrameGrid } from "../core/grid.js" */
/** @import { Word } from "../core/types.js" */
/** @import { Path, Run } from "../core/letter_path.js" */

/** @typedef {Readonly<{ from: number, count: number }>} Frames that are shown */
/** @typedef {Run & { run: Run }} Piece of a run, with a first frame and an end of its own */

const CELL = 28;
const NARROW_CELL = 22;
const BEFORE = 2; // frames shown before the one that a new window is opened for
const NAMES = ["frames", "merged", "kept"];
const WHY = "These steps give the greedy transcript. A blank between two equal letters keeps them apart: that is how "
  + "double letters are written. A gap of more than 0.3 s without a letter ends a word too, even without a space. "
  + "Click a letter to play it.";

export const stepThrough = () => {
  const where = make("span", { class: "hx-quiet", "data-testid": "steps-where" });
  const rows = NAMES.map(emptyRow);
  const slider = asSlider(rows[0].cells, "Most likely symbol in each frame");
  const whole = make("p", { class: "hx-quiet", "data-testid": "steps-whole" });
  const element = make("div", { class: "hx-card hx-steps" },
    make("div", { class: "hx-bar" }, make("h2", { text: "How letters become text" }), where),
    ...rows.flatMap((row) => [row.sentence, row.cells]), whole, make("p", { class: "hx-quiet", text: WHY }));
  /** @type {Path | null} */
  let path = null;
  /** @type {Frames | null} */
  let shown = null;
  /** @type {{ first: number, end: number, element: HTMLElement }[]} */
  let cells = [];
  let width = 0;
  let marked = -1;

  const fill = (/** @type {Path} */ { runs, grid }, /** @type {Frames} */ frames) => {
    shown = frames;
    marked = -1;
    const steps = stepsOf(runs, frames);
    cells = steps.flatMap((pieces, step) => {
      const own = pieces.map((piece) => ({ ...piece, element: cell(piece, frames.from, step) }));
      rows[step].cells.style.setProperty("--count", String(frames.count));
      rows[step].cells.replaceChildren(...own.map((each) => each.element));
      return own;
    });
    const [first, last] = [frames.from, frames.from + frames.count - 1].map(grid.timeOf);
    where.textContent = `${first.toFixed(2)}–${seconds(last)}`;
    sentencesOf(steps, grid.hop).forEach(([what, more], step) => rows[step].sentence.replaceChildren(
      make("b", { text: String(step + 1) }), make("strong", { text: what }), make("span", { text: more })));
  };

  const tick = () => {
    if (!path || !width) return;
    const { frame, grid } = path;
    const room = Math.floor(width / (width < 500 ? NARROW_CELL : CELL));
    const wanted = framesAround(frame, clock.wordAt(grid.timeOf(frame)), grid, room, shown);
    if (wanted.from !== shown?.from || wanted.count !== shown.count) fill(path, wanted);
    if (frame !== marked) {
      marked = frame;
      for (const { element: node, first, end } of cells) node.classList.toggle("is-now", first <= frame && frame < end);
    }
    announce(slider, `, symbol ${path.at(frame).text}`);
  };

  const draw = () => {
    width = slider.clientWidth;
    shown = null;
    tick();
  };

  listen(element, slider, () => path);
  return {
    element, draw, tick,
    show: (/** @type {Path} */ given) => {
      path = given;
      whole.textContent = ofTheWhole(path);
      draw();
    },
  };
};

/**
 * @param {string} name
 * @param {number} step
 */
const emptyRow = (name, step) => ({
  sentence: make("p", { class: "hx-step-name", "data-testid": `step-${name}-name` }),
  cells: make("div", { class: "hx-step", "data-testid": `step-${name}`, "aria-hidden": step ? "true" : null }),
});

/**
 * The frames to show: those on show if the word being said, or else the moment, is among them; otherwise the word in
 * the middle, or the moment near the left.
 * @param {number} frame
 * @param {Word | null} word that is said then
 * @param {FrameGrid} grid
 * @param {number} room how many frames can be shown
 * @param {Frames | null} shown
 * @returns {Frames}
 */
export const framesAround = (frame, word, grid, room, shown) => {
  const count = Math.min(grid.count, room);
  let [first, end] = [frame, frame + 1];
  if (word) {
    const [from, to] = [word.start_s, word.end_s - grid.hop / 4].map(grid.frameAt);
    // A word too long for the row is shown page by page.
    if (to - from < count) [first, end] = [Math.min(from, frame), Math.max(to, frame) + 1];
  }
  if (shown && shown.count === count && first >= shown.from && end <= shown.from + count) return shown;
  const before = word ? Math.max(BEFORE, Math.floor((count - (end - first)) / 2)) : BEFORE;
  return { from: clamp(first - before, 0, grid.count - count), count };
};

/**
 * What is written at each step: a piece for every frame, for every run, for every run that writes.
 * @param {readonly Run[]} runs
 * @param {Frames} frames
 * @returns {Piece[][]}
 */
export const stepsOf = (runs, { from, count }) => {
  const merged = runs.filter((run) => run.first < from + count && run.end > from).map((run) =>
    ({ ...run, run, first: Math.max(run.first, from), end: Math.min(run.end, from + count) }));
  const singles = merged.flatMap((piece) => Array.from({ length: piece.end - piece.first }, (_, i) =>
    ({ ...piece, first: piece.first + i, end: piece.first + i + 1 })));
  return [singles, merged, merged.filter((piece) => piece.writes)];
};

/**
 * What happens at each step, and what comes of it here.
 * @param {readonly Piece[][]} steps
 * @param {number} hop in seconds
 */
export const sentencesOf = ([singles, merged, kept], hop) => [
  ["Each frame gives a symbol.", `One frame every ${Math.round(1000 * hop)} ms; a dot is the blank, “no new letter”.`],
  ["Repeats are merged.", `${some(singles.length, "frame")} become ${some(merged.length, "cell")}.`],
  ["Blanks are dropped.", whatIsLeft(kept)],
];

/**
 * @param {number} count
 * @param {string} what
 */
const some = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

/**
 * What comes of the whole recording.
 * @param {Pick<Path, "runs" | "grid" | "blanks">} path
 */
export const ofTheWhole = ({ runs, grid, blanks }) => {
  const written = runs.filter(({ writes }) => writes);
  return `All ${some(grid.count, "frame")}: ${Math.round((100 * blanks) / grid.count)}% blank · ` +
    `${some(runs.length, "cell")} after merging · ${some(written.length, "letter")} and spaces`;
};

/** @param {readonly Piece[]} kept */
const whatIsLeft = (kept) => {
  const text = kept.map((piece) => (piece.space ? " " : piece.text)).join("").trim().replace(/\s+/g, " ");
  const letters = kept.filter((piece) => !piece.space).length;
  if (!letters) return "Nothing is left here.";
  return `${some(letters, "letter")} ${letters === 1 ? "is" : "are"} left: “${text}”.`;
};

/**
 * @param {Piece} piece
 * @param {number} from the first frame on show
 * @param {number} step
 */
const cell = (piece, from, step) =>
  make("span", {
    class: piece.space ? "is-space" : piece.writes ? "is-letter" : "is-blank",
    style: `grid-column:${piece.first - from + 1}/${piece.end - from + 1}`,
    "data-frame": step ? null : piece.first, "data-run": piece.writes ? piece.run.first : null,
    text: piece.space ? "" : piece.writes ? piece.text : "·",
  });

/**
 * Letters are heard, other frames jumped to.
 * @param {HTMLElement} element
 * @param {HTMLElement} slider
 * @param {() => Path | null} pathNow
 */
const listen = (element, slider, pathNow) => {
  slider.addEventListener("keydown", (event) => {
    const path = event.key === "Enter" ? pathNow() : null;
    const run = path?.at(path.frame);
    if (run?.writes) path?.hear(run);
  });
  element.addEventListener("click", (event) => {
    const path = pathNow();
    const pressed = /** @type {Element} */ (event.target).closest("[data-run], [data-frame]");
    if (!path || !(pressed instanceof HTMLElement)) return;
    const { run, frame } = pressed.dataset;
    if (run) path.hear(path.at(Number(run)));
    else clock.seek(path.grid.timeOf(Number(frame)));
  });
};
