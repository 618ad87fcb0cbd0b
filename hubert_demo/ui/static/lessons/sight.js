// Scrolling to what a lesson's card talks about, and leaving it in sight.

const GAP = 8;
const STICKY = "#hx-timeline, #hx-tabs .tab-wrapper, #hx-tabs .hx-steer";
// Views are mounted when they are first opened, and grow as their maps come.
const SETTLE_MS = 1200;

/**
 * What a step may be about, the first one of its view unless it says otherwise: where to scroll to, if not to the
 * first of its pieces, and the pieces that a worksheet shows, from top to bottom.
 * @typedef {{ view: string, seen?: string, pieces: string[] }} Picture
 */

/** @type {Record<string, Picture>} */
export const PICTURES = {
  words: {
    view: "transcript", pieces: [".hx-view-transcript .hx-transcript", ".hx-view-transcript .hx-emissions"],
  },
  // Their cards are there before what is computed, and stay where they are.
  lens: {
    view: "transcript", seen: ".hx-view-transcript .hx-lens",
    pieces: [".hx-view-transcript .hx-lens-columns", ".hx-view-transcript .hx-lens-letters"],
  },
  layer_sound: {
    view: "transcript", seen: ".hx-view-transcript .hx-hearing", pieces: [".hx-view-transcript .hx-sounds"],
  },
  keywords: {
    view: "keywords",
    pieces: [
      ".hx-view-keywords .hx-heard-card + *, .hx-view-keywords > .hx-card:only-child, .hx-view-keywords .hx-judged",
    ],
  },
  layer_map: { view: "layers", pieces: [".hx-view-layers .hx-layer-large .hx-map"] },
  layers: { view: "layers", pieces: [".hx-view-layers .hx-layer-side > section"] },
  clusters: { view: "layers", pieces: [".hx-view-layers .hx-layer-rest > section:last-child"] },
  attention: { view: "attention", pieces: [".hx-view-attention .hx-map"] },
  heads: { view: "attention", seen: ".hx-view-attention .hx-heads-card", pieces: [".hx-view-attention .hx-heads"] },
};

/**
 * What a step is about, the main one first.
 * @param {Pick<import("../core/types.js").LessonStep, "link" | "pictures">} step
 * @param {string | null} open the view that is open, where the step does not say
 */
export const picturesOf = ({ link, pictures }, open) => {
  if (pictures.length) return pictures.map((name) => PICTURES[name]);
  const tab = new URLSearchParams(link).get("tab") ?? open;
  return Object.values(PICTURES).filter(({ view }) => view === tab).slice(0, 1);
};

/**
 * Scrolls to a picture until it has settled, or the visitor does something.
 * @param {HTMLElement} card
 */
export const keepInSight = (card) => {
  let turn = 0;
  const rest = () => void turn++;
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(event, rest, { passive: true });
  }
  const follow = (/** @type {string} */ selector) => {
    const mine = ++turn;
    let [before, until] = ["", performance.now() + SETTLE_MS];
    const look = () => {
      if (mine !== turn || performance.now() > until) return;
      const picture = document.querySelector(selector);
      const { top, height } = picture?.getBoundingClientRect() || { top: NaN, height: 0 };
      const place = `${Math.round(top + scrollY)} ${Math.round(height)}`;
      if (place !== before) [before, until] = [place, performance.now() + SETTLE_MS];
      if (picture && height) bringIntoSight(picture, card);
      requestAnimationFrame(look);
    };
    look();
  };
  return { follow, rest };
};

/**
 * The least scrolling that shows a picture, or its beginning, between what sticks to the top and the foot of the
 * window, or the card where that lies there.
 * @param {Element} picture
 * @param {HTMLElement} card
 */
const bringIntoSight = (picture, card) => {
  const head = GAP + [...document.querySelectorAll(STICKY)].reduce((sum, piece) => sum + heightInSight(piece), 0);
  const isOver = getComputedStyle(card).position === "fixed";
  const foot = (isOver ? card.getBoundingClientRect().top : innerHeight) - GAP;
  const { top, bottom } = picture.getBoundingClientRect();
  const wanted = Math.max(0, Math.min(bottom - foot, top - head) + scrollY);
  if (Math.abs(wanted - scrollY) > 1) scrollTo({ top: wanted, behavior: "instant" });
};

/**
 * How much of something that sticks to the top is seen then; nothing of what does not stick in this window.
 * @param {Element} piece
 */
const heightInSight = (piece) => {
  const { position, top } = getComputedStyle(piece);
  const { height } = piece.getBoundingClientRect();
  return position === "sticky" ? height + Math.min(0, parseFloat(top)) : 0;
};
