// An upload that is too long: the whole of it, and a window to drag to the part that is analysed.

import { unpack } from "../core/arrays.js";
import { button, make } from "../core/dom.js";
import { on } from "../core/events.js";
import { clamp } from "../core/format.js";
import { fit, token } from "../core/paint.js";
import { keepOffer, keptOffer } from "./memory.js";
import { loudest } from "./sound.js";

/** @import { Mount, OfferMessage } from "../core/types.js" */

const HEIGHT = 96;
const STEPS = /** @type {Record<string, number>} */ ({
  ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e6, End: 1e6,
});

const clockTime = (/** @type {number} */ time) =>
  `${Math.floor(Math.round(time) / 60)}:${String(Math.round(time) % 60).padStart(2, "0")}`;

/** @type {Mount} */
export const mount = (root, page) => {
  const title = make("h2", { "data-testid": "chooser-title" });
  const why = make("p", { role: "status", "data-testid": "chooser-why" });
  const canvas = make("canvas", { "aria-hidden": "true" });
  const frame = make("div", {
    class: "hx-window", role: "slider", tabindex: 0, "aria-label": "Part to analyse", "aria-valuemin": 0,
    "data-testid": "chooser-window",
  });
  const picture = make("div", { class: "hx-whole", "data-testid": "chooser" }, canvas, frame);
  const part = make("output", { "data-testid": "chooser-part" });
  const ends = make("p", { class: "hx-quiet hx-ends" }, make("span", { text: "0:00" }), make("span"));
  const close = () => {
    offer = null;
    keepOffer(null);
    root.hidden = true;
  };
  // The upload stays for a while: another part of it may be wanted.
  const fold = (/** @type {boolean} */ isFolded) => {
    for (const each of [why, picture, ends, part, analyse]) each.hidden = isFolded;
    another.hidden = !isFolded;
    root.classList.toggle("is-folded", isFolded);
  };
  const analyse = button("Analyse this part", () => {
    if (!offer) return;
    page.trigger("part", { key: offer.key, start_s: start });
    fold(true);
  }, "chooser-analyse", "hx-main-button");
  const another = button("Choose another part", () => {
    fold(false);
    draw();
    frame.focus();
  }, "chooser-another");
  root.classList.add("hx-card", "hx-chooser");
  root.hidden = true;
  root.append(title, why, picture, ends, make("div", { class: "hx-bar" }, part, analyse, another,
    button("Cancel", close, "chooser-close")));

  /** @type {OfferMessage | null} */
  let offer = null;
  let start = 0;

  const move = (/** @type {number} */ wanted) => {
    if (!offer) return;
    const { duration_s: whole, longest_s: longest } = offer;
    start = clamp(wanted, 0, whole - longest);
    frame.style.left = `${(100 * start) / whole}%`;
    frame.style.width = `${(100 * longest) / whole}%`;
    const text = `${clockTime(start)} to ${clockTime(start + longest)}`;
    frame.setAttribute("aria-valuenow", String(Math.round(start)));
    frame.setAttribute("aria-valuemax", String(Math.floor(whole - longest)));
    frame.setAttribute("aria-valuetext", text);
    part.textContent = `${text} of ${clockTime(whole)}`;
  };

  const draw = () => {
    if (!offer || !picture.clientWidth) return;
    const width = picture.clientWidth;
    const ctx = fit(canvas, width, HEIGHT);
    const peaks = unpack(offer.peaks);
    const bins = peaks.length / 2;
    const scale = (HEIGHT / 2 - 4) / loudest(peaks);
    const drawn = (width * offer.drawn_s) / offer.duration_s;
    ctx.fillStyle = token("--hx-waveform");
    for (let x = 0; x < drawn; x++) {
      const from = Math.floor((x / drawn) * bins);
      const to = Math.max(from + 1, Math.floor(((x + 1) / drawn) * bins));
      const here = peaks.subarray(2 * from, 2 * to);
      const [low, high] = [Math.min(...here), Math.max(...here)];
      ctx.fillRect(x, HEIGHT / 2 - high * scale - 0.4, 1, (high - low) * scale + 0.8);
    }
  };

  dragged(picture, (pixels) => offer && move(start + (pixels / picture.clientWidth) * offer.duration_s), (share) =>
    offer && (share * offer.duration_s < start || share * offer.duration_s > start + offer.longest_s) &&
      move(share * offer.duration_s - offer.longest_s / 2));

  frame.addEventListener("keydown", (event) => {
    if (event.key === "Enter") analyse.click();
    if (!(event.key in STEPS)) return;
    move(start + STEPS[event.key]);
    event.preventDefault();
    event.stopPropagation();
  });

  root.addEventListener("keydown", ({ key }) => key === "Escape" && close());

  const show = (/** @type {OfferMessage} */ message) => {
    offer = message;
    title.textContent = message.title;
    why.textContent = message.text;
    ends.children[1].textContent = clockTime(message.duration_s);
    root.hidden = false;
    root.classList.remove("is-empty");
    move(0);
  };

  on("offer", (/** @type {OfferMessage} */ message) => {
    show(message);
    keepOffer(message);
    fold(false);
    draw();
    root.scrollIntoView({ block: "nearest" });
    frame.focus({ preventScroll: true });
  });

  // After a reload, with the result that is had again.
  let isBack = false;
  const kept = keptOffer();
  if (kept) {
    show(kept);
    fold(true);
    isBack = true;
  }

  const result = (/** @type {{ offer?: string }} */ { offer: key }) => {
    if (key !== offer?.key && !isBack) close();
    isBack = false;
  };
  return { draw, result };
};

/**
 * Has a picture dragged sideways.
 * @param {HTMLElement} picture
 * @param {(pixels: number) => void} move by so many
 * @param {(share: number) => void} press where, of its width
 */
const dragged = (picture, move, press) => {
  /** @type {number | null} */
  let last = null;
  picture.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const { left, width } = picture.getBoundingClientRect();
    picture.setPointerCapture(event.pointerId);
    press((event.clientX - left) / width);
    last = event.clientX;
  });
  picture.addEventListener("pointermove", ({ clientX }) => {
    if (last === null) return;
    move(clientX - last);
    last = clientX;
  });
  for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
    picture.addEventListener(name, () => {
      last = null;
    });
  }
};
