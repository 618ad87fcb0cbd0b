// How probable every letter is at every moment, as a map that can be read, heard and moved along.

import { unpack } from "./arrays.js";
import { clock } from "./clock.js";
import { make, scale, segments } from "./dom.js";
import { cellAt, FAINT, paint, soundAround } from "./emission_picture.js";
import { figureBox } from "./figure.js";
import { clamp, percent, seconds } from "./format.js";
import { pathOf } from "./letter_path.js";
import { announce, cursor, timeSlider } from "./paint.js";
import { zoomByPointer } from "./zoom.js";

/** @import { LetterPath } from "./types.js" */
/** @import { Picture, Source } from "./emission_picture.js" */
/** @import { Path } from "./letter_path.js" */

/**
 * @param {string} title
 * @param {string} id for the tests
 */
export const emissionMap = (title, id) => {
  const canvas = timeSlider(title, `${id}-map`);
  const heading = make("h2", { text: title });
  const note = make("span", { class: "hx-quiet" });
  const tip = make("div", { class: "hx-tip", hidden: true, "data-testid": `${id}-tip` });
  const box = make("div", { class: "hx-sound hx-emissions" }, canvas, tip);
  const heightFor = figureBox(box);
  const line = cursor(box);
  /** @type {Source | null} */
  let source = null;
  /** @type {Picture | null} */
  let picture = null;
  let withBlank = false;

  const tick = () => {
    if (!picture) return;
    line.place(picture.axis);
    announce(canvas, `, most likely ${picture.path.at(picture.path.frame).text}`);
  };

  const draw = () => {
    if (!source || !box.clientWidth) return;
    picture = paint(canvas, box.clientWidth, source, withBlank, heightFor);
    note.textContent = picture.isWritten ? "the greedy letter is written beside its cell"
      : "point at a cell to read it, click a letter to play it";
    tick();
  };

  const rows = segments("Rows", [[false, "letters", "Letters only"], [true, "with blank", "Letters with blank"]],
    withBlank, (chosen) => {
      withBlank = chosen;
      draw();
    });
  listen(canvas, tip, () => picture);
  zoomByPointer(canvas, () => picture && picture.axis);
  const bar = make("div", { class: "hx-bar hx-emissions-bar" },
    heading, note, scale("ink", "0", "1"), rows.element);

  return {
    element: make("div", { class: "hx-card hx-wide" }, bar, box), draw, tick,
    entitle: (/** @type {string} */ text) => {
      heading.textContent = text;
      canvas.setAttribute("aria-label", text);
    },
    show: (/** @type {LetterPath} */ part, /** @type {Path} */ path) => {
      const before = part.runs_before && pathOf({ ...part, runs: part.runs_before });
      source = { path, levels: unpack(part.emissions), before };
      picture = null;
      tip.hidden = true;
      draw();
    },
  };
};

/**
 * Enter plays the letter that is chosen now, or the next one; a press plays what is there, or jumps; pointing tells it.
 * @param {HTMLElement} canvas
 * @param {HTMLElement} tip
 * @param {() => Picture | null} look gives what is painted
 */
const listen = (canvas, tip, look) => {
  canvas.addEventListener("keydown", (event) => {
    const path = look()?.path;
    if (event.key !== "Enter" || !path) return;
    const here = path.at(path.frame);
    const run = here.writes ? here : path.runs.find((each) => each.writes && each.first >= here.end);
    if (run) path.hear(run);
  });
  canvas.addEventListener("click", (event) => {
    const picture = look();
    if (!picture) return;
    const { run, level, row, frame, time } = cellAt(picture, event.offsetX, event.offsetY);
    if (run) picture.path.hear(run);
    else if ((level ?? 0) >= FAINT) clock.hear(...soundAround(picture, row, frame));
    else clock.seek(time);
  });
  canvas.addEventListener("pointermove", (event) => {
    const picture = look();
    const found = picture && cellAt(picture, event.offsetX, event.offsetY);
    tip.hidden = found?.level == null;
    if (!picture || found?.level == null) return;
    const { grid, symbols } = picture.path;
    const { frame, row, level, x } = found;
    tip.textContent = `${seconds(grid.timeOf(frame))} · ${symbols[row].text} ${percent(level / 255)}`;
    const to = clamp(x + 12, 0, canvas.clientWidth - tip.offsetWidth - 4);
    const below = (row < 3 ? row + 2 : row - 2.5) * picture.high;
    tip.style.transform = `translate(${to}px, ${below}px)`;
  });
  canvas.addEventListener("pointerleave", () => void (tip.hidden = true));
};
