// The large map: every frame of one layer as a dot; the dots wander when the layer or the map changes.

import { clock } from "../core/clock.js";
import { calm, make } from "../core/dom.js";
import { figureBox } from "../core/figure.js";
import { clamp, seconds, short } from "../core/format.js";
import { announce, fit, font, letterFont, line, sized, style, timeSlider, token, writeOver } from "../core/paint.js";
import { nearest, placesOf, placesOfBoth } from "./places.js";

/** @import { Context } from "../core/paint.js" */
/** @import { LayersPart } from "../core/types.js" */
/** @import { Colouring } from "./colours.js" */
/** @import { Places, Points } from "./places.js" */

/**
 * What is to be seen.
 * @typedef {object} Scene
 * @property {{ points: Points | null }} shown nothing where there is no map yet
 * @property {Points | null} pointsBefore those before something was changed inside the model
 * @property {number} layer
 * @property {LayersPart} part
 * @property {Colouring} colouring
 */

const MOVE_MS = 420;
const TRAIL_S = 0.5;
const HEARD_S = 0.4; // of a dot that is clicked
const REACH = 16; // how near, in pixels, a click has to be
const MARGIN = 30;
const MOVED_PX = 3; // a dot that moved by less is where it was
const MANY = 1200; // dots that are drawn without their outline, to stay quick

export const layerMap = () => {
  const base = timeSlider("Map of the layer: one dot for every frame", "layer-map");
  const over = make("canvas", { class: "hx-over", "aria-hidden": "true" });
  const tip = make("div", { class: "hx-tip", hidden: true, "data-testid": "layer-tip" });
  const element = make("div", { class: "hx-map" }, base, over, tip);
  const heightFor = figureBox(element);
  /** @type {Scene} */
  let scene;
  /** Nothing while there is no map. @type {Places | null} */
  let places = null;
  /** @type {Places | null} */
  let placesBefore = null;
  let [width, height, animation] = [0, 0, 0];

  const paint = () => places && paintDots(fit(base, width, height), places, scene, placesBefore);
  const paintNow = () => {
    if (!places) return;
    paintPresent(fit(over, width, height), places, width);
    announce(base);
  };
  const whole = () => {
    const { shown: { points }, pointsBefore: before, layer } = scene;
    placesBefore = null;
    if (!points || !width) return null;
    const box = /** @type {const} */ ([layer, width, height, sized(MARGIN)]);
    if (!before) return placesOf(points, ...box);
    const [now, then] = placesOfBoth(points, before, ...box);
    placesBefore = then;
    return now;
  };

  /** At the size that it has now. @param {Scene} next */
  const draw = (next) => {
    scene = next;
    cancelAnimationFrame(animation);
    width = element.clientWidth;
    height = heightFor(Math.round(clamp(width * 0.78, 280, 540)));
    places = whole();
    paint();
    paintNow();
  };

  /** The dots wander to where they are now. @param {Scene} next */
  const move = (next) => {
    scene = next;
    cancelAnimationFrame(animation);
    const [from, to] = [places, whole()];
    if (!from || !to) return draw(next);
    const began = performance.now();
    const still = from.length !== to.length || calm();
    const step = (/** @type {number} */ now) => {
      const share = still ? 1 : clamp((now - began) / MOVE_MS, 0, 1);
      places = between(from, to, share);
      paint();
      paintNow();
      if (share < 1) animation = requestAnimationFrame(step);
    };
    return step(began);
  };

  const dotAt = (/** @type {MouseEvent} */ event) => places && nearest(places, event.offsetX, event.offsetY, REACH);

  base.addEventListener("click", (event) => {
    const frame = dotAt(event);
    if (frame === null) return;
    const time = clock.timeOf(frame);
    clock.hear(time, time + HEARD_S);
  });
  base.addEventListener("pointermove", (event) => {
    const frame = dotAt(event);
    base.style.cursor = frame === null ? "default" : "pointer";
    tip.hidden = frame === null;
    if (places && frame !== null) placeTip(tip, scene, places, frame, width);
  });
  base.addEventListener("pointerleave", () => tip.toggleAttribute("hidden", true));

  return {
    element,
    draw,
    move,
    /** In other colours. @param {Scene} next */
    repaint: (next) => {
      scene = next;
      paint();
    },
    tick: paintNow,
    /** No dots; what is painted stays. */
    clear: () => {
      cancelAnimationFrame(animation);
      places = null;
    },
  };
};

/**
 * On the way from one place to another, slow at both ends.
 * @param {Places} from
 * @param {Places} to
 * @param {number} share of the time
 */
export const between = (from, to, share) => {
  const eased = share < 0.5 ? 2 * share * share : 1 - 2 * (1 - share) * (1 - share);
  return share < 1 ? to.map((value, i) => from[i] + (value - from[i]) * eased) : to;
};

/**
 * @param {HTMLElement} tip
 * @param {Scene} scene
 * @param {Places} places
 * @param {number} frame
 * @param {number} width of the map
 */
const placeTip = (tip, { part: { tokens }, colouring }, places, frame, width) => {
  const time = clock.timeOf(frame);
  const word = clock.wordAt(time);
  const letter = tokens[frame].trim();
  const parts = [seconds(time), letter && `“${letter}”`, word && short(word.text), colouring.say(frame)];
  tip.textContent = parts.filter(Boolean).join(" · ");
  const half = Math.min(110, width / 2);
  const x = clamp(places[2 * frame], half, width - half);
  const y = places[2 * frame + 1];
  const side = y < 44 ? "translate(-50%, 28px)" : "translate(-50%, -100%)";
  tip.style.transform = `translate(${x}px, ${y - 14}px) ${side}`;
};

/**
 * @param {Context} ctx
 * @param {Places} places
 * @param {Scene} scene
 * @param {Places | null} before
 */
const paintDots = (ctx, places, { part: { tokens }, colouring }, before) => {
  const count = places.length / 2;
  drawThread(ctx, places, count);
  if (before) drawMoves(ctx, before, places);
  const byLetter = colouring.way === "letter";
  const radius = sized(count > MANY ? 3 : count > 500 ? 4 : 5);
  style(ctx, { strokeStyle: token("--hx-dot-line"), lineWidth: 1 });
  style(ctx, { font: letterFont(sized(13), true), textAlign: "center", textBaseline: "middle" });
  for (let frame = 0; frame < count; frame++) {
    const [x, y] = [places[2 * frame], places[2 * frame + 1]];
    const has = colouring.has(frame);
    ctx.fillStyle = colouring.colours[frame];
    ctx.beginPath();
    ctx.arc(x, y, !has ? sized(2.5) : byLetter ? radius + sized(3) : radius, 0, 2 * Math.PI);
    ctx.fill();
    if (has && count <= MANY) ctx.stroke();
    if (byLetter && has) {
      ctx.fillStyle = token("--hx-on-class");
      ctx.fillText(tokens[frame], x, y + 0.5);
    }
  }
};

/**
 * @param {Context} ctx
 * @param {Places} places
 * @param {number} count
 */
const drawThread = (ctx, places, count) => {
  style(ctx, { strokeStyle: token("--hx-thread"), lineWidth: 1, globalAlpha: Math.min(1, 500 / count) });
  line(ctx, places);
  ctx.globalAlpha = 1;
};

/**
 * Where each dot was before something was changed inside the model, as a ring with a line to where it is.
 * @param {Context} ctx
 * @param {Places} before
 * @param {Places} places
 */
const drawMoves = (ctx, before, places) => {
  const count = places.length / 2;
  style(ctx, { strokeStyle: token("--hx-changed"), lineWidth: 1, globalAlpha: count > MANY ? 0.25 : 0.5 });
  for (let frame = 0; frame < count; frame++) {
    const [from, to] = [before, places].map((each) => each.subarray(2 * frame, 2 * frame + 2));
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) < MOVED_PX) continue;
    line(ctx, [...from, ...to]);
    ctx.beginPath();
    ctx.arc(from[0], from[1], sized(2.5), 0, 2 * Math.PI);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
};

/**
 * The present: its dot, and the last half second fading behind it.
 * @param {Context} ctx
 * @param {Places} places
 * @param {number} width of the map
 */
const paintPresent = (ctx, places, width) => {
  const { frame, time, grid } = clock;
  const trail = Math.round(TRAIL_S / grid.hop);
  style(ctx, { strokeStyle: token("--hx-now"), fillStyle: token("--hx-now"), lineWidth: sized(3), lineCap: "round" });
  for (let i = Math.max(1, frame - trail + 1); i <= frame; i++) {
    ctx.globalAlpha = 1 - (frame - i) / trail;
    line(ctx, places.subarray(2 * i - 2, 2 * i + 2));
  }
  ctx.globalAlpha = 1;
  const [x, y] = [places[2 * frame], places[2 * frame + 1]];
  ctx.beginPath();
  ctx.arc(x, y, sized(8), 0, 2 * Math.PI);
  ctx.fill();
  style(ctx, { strokeStyle: token("--hx-card"), lineWidth: 2 });
  ctx.stroke();
  const word = clock.wordAt(time);
  if (word) namePresent(ctx, width, short(word.text), x, y);
};

/**
 * @param {Context} ctx
 * @param {number} width of the map
 * @param {string} text
 * @param {number} x
 * @param {number} y
 */
const namePresent = (ctx, width, text, x, y) => {
  ctx.font = font(sized(14), true);
  const away = sized(13);
  const right = x + away + 1 + ctx.measureText(text).width < width;
  style(ctx, { textAlign: right ? "left" : "right", fillStyle: token("--hx-ink") });
  writeOver(ctx, 2.5, text, right ? x + away : x - away, y - sized(9));
};
