// Which stretch of time the pictures show: zooming, moving along, following what plays. The store keeps it.

import { clock } from "./clock.js";
import { on } from "./events.js";
import { clamp } from "./format.js";
import { store, zoomTo } from "./store.js";

/** @import { Axis, Stretch } from "./types.js" */

export const STEP = 2; // how much longer or shorter a button or a key makes the stretch
export const LEAST_S = 0.2; // the shortest stretch
const LEAD = 0.1; // of the stretch: what is shown before a moment that is brought into it
const JUMP_S = 0.5; // what plays moves less from one tick to the next
const MOST_WHEEL = 50; // a notch of a mouse's wheel counts no more than a quick pinch on a pad
const LINE_PX = 16; // of wheels that count lines
const LEAST_PINCH_PX = 24; // fingers nearer than this say little

/**
 * What the pictures show now.
 * @returns {Stretch}
 */
export const shown = () => store.zoom ?? { from: 0, to: clock.duration };

/**
 * A stretch that lies inside the recording, as near to a wish as it goes; null for all of it.
 * @param {number} from
 * @param {number} length
 * @param {number} duration
 * @returns {Stretch | null}
 */
export const fitted = (from, length, duration) => {
  const span = clamp(length, Math.min(LEAST_S, duration), duration);
  if (span > duration - 1e-6) return null;
  const start = clamp(from, 0, duration - span);
  return { from: start, to: start + span };
};

/**
 * @param {number} from
 * @param {number} length
 */
const put = (from, length) => {
  const next = fitted(from, length, clock.duration);
  const { zoom } = store;
  if (next?.from !== zoom?.from || next?.to !== zoom?.to) zoomTo(next);
};

/** The moment that stays where it is when nobody points at one. */
const anchor = () => {
  const { from, to } = shown();
  return from <= clock.time && clock.time <= to ? clock.time : (from + to) / 2;
};

/**
 * Shows less around a moment, or more; the moment stays where it is.
 * @param {number} factor more than 1 shows less
 * @param {number} [at] in seconds
 */
export const zoomBy = (factor, at = anchor()) => {
  const { from, to } = shown();
  const length = clamp((to - from) / factor, Math.min(LEAST_S, clock.duration), clock.duration);
  put(at - ((at - from) / (to - from)) * length, length);
};

/**
 * Moves along; the length stays.
 * @param {number} from in seconds
 */
export const moveTo = (from) => put(from, shown().to - shown().from);

/**
 * Brings a moment into what is shown, if it is not.
 * @param {number} time
 */
export const reveal = (time) => {
  const { from, to } = shown();
  if (time < from || time > to) moveTo(time - LEAD * (to - from));
};

let [before, played] = [0, false];

// What plays is followed, page by page, and so is whoever jumps; not where the visitor has moved away from what plays.
on("tick", () => {
  const { time, playing } = clock;
  const { from, to } = shown();
  const isAway = playing && played && Math.abs(time - before) < JUMP_S && (before < from || before > to);
  const isNews = time !== before || (playing && !played);
  [before, played] = [time, playing];
  if (store.zoom && isNews && !isAway) reveal(time);
});

/**
 * Keys on a picture with time: plus and minus zoom, zero shows all of it.
 * @param {HTMLElement} picture
 */
export const zoomByKeys = (picture) =>
  picture.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
    if (!store.result || ctrlKey || metaKey || altKey) return;
    if (key === "+" || key === "=") zoomBy(STEP);
    else if (key === "-") zoomBy(1 / STEP);
    else if (key === "0") zoomTo(null);
  });

/**
 * A pointer on a picture with time: the wheel with ctrl zooms, which is also what two fingers on a pad send; a wheel
 * that turns sideways, or with shift, moves along; two fingers on a screen do both.
 * @param {HTMLElement} picture
 * @param {() => Axis | null} axisNow
 */
export const zoomByPointer = (picture, axisNow) => {
  const xOf = (/** @type {MouseEvent} */ event) => event.clientX - picture.getBoundingClientRect().left;
  picture.addEventListener("wheel", (event) => {
    const axis = axisNow();
    if (!axis) return;
    const unit = event.deltaMode ? LINE_PX : 1;
    const along = unit * (event.shiftKey ? event.deltaX || event.deltaY : event.deltaX);
    if (event.ctrlKey || event.metaKey) {
      zoomBy(Math.exp(-clamp(unit * event.deltaY, -MOST_WHEEL, MOST_WHEEL) / 100), axis.time(xOf(event)));
    } else if (store.zoom && Math.abs(along) > (event.shiftKey ? 0 : Math.abs(unit * event.deltaY))) {
      moveTo(axis.from + (along / axis.span) * (axis.to - axis.from));
    } else {
      return;
    }
    event.preventDefault();
  }, { passive: false });
  pinch(picture, xOf, axisNow);
};

/**
 * Two fingers: each keeps the moment that it has touched.
 * @param {HTMLElement} picture
 * @param {(event: PointerEvent) => number} xOf
 * @param {() => Axis | null} axisNow
 */
const pinch = (picture, xOf, axisNow) => {
  /** By finger: where it is, and the moment that it holds. @type {Map<number, { x: number, time: number }>} */
  const fingers = new Map();
  const hold = (/** @type {Axis} */ axis) => {
    for (const finger of fingers.values()) finger.time = axis.time(finger.x);
  };
  picture.addEventListener("pointerdown", (event) => {
    const axis = axisNow();
    if (event.pointerType !== "touch" || !axis) return;
    fingers.set(event.pointerId, { x: xOf(event), time: 0 });
    picture.setPointerCapture(event.pointerId);
    hold(axis);
  });
  picture.addEventListener("pointermove", (event) => {
    const [finger, axis] = [fingers.get(event.pointerId), axisNow()];
    if (!finger || !axis) return;
    finger.x = xOf(event);
    const [one, other, ...more] = fingers.values();
    if (!other || more.length || Math.abs(other.x - one.x) < LEAST_PINCH_PX || other.time === one.time) return;
    const secondsAPixel = (other.time - one.time) / (other.x - one.x);
    if (secondsAPixel > 0) put(one.time - (one.x - axis.left) * secondsAPixel, axis.span * secondsAPixel);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    picture.addEventListener(end, ({ pointerId }) => fingers.delete(pointerId));
  }
};
