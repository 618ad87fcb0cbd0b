// The page's address: its hash follows what is on show, and what a hash says is put on show. A link is opened in two
// steps: what it wants to have analysed, then, once that is here, how it is looked at.

import { clock } from "../core/clock.js";
import { emit, on } from "../core/events.js";
import { whenMounted } from "../core/mount.js";
import { choose, facts, resultOnShow, store, zoomTo } from "../core/store.js";
import { fitted } from "../core/zoom.js";
import { changing } from "./changing.js";
import { complaint, early, FIELDS, hashOf, stateOf, textsOf } from "./fields.js";
import { recents } from "./memory.js";
import { presentation } from "./present.js";
import { openTab } from "./tabs.js";
import { theme } from "./theme.js";

/** @import { Choices, Result, Stretch } from "../core/types.js" */
/** @import { Known, State, Texts } from "./fields.js" */
/** @import { Theme } from "./theme.js" */

/**
 * What a link wants to have analysed.
 * @typedef {object} Wanted
 * @property {number} [example] its number; none for the recording on show
 * @property {string} checkpoint
 */

const WRITE_MS = 400; // from one change to the next: Safari takes 100 in half a minute

// What goes with a lesson without saying anything of what its step shows.
const BESIDE_LESSON = ["lesson", "step", "example", "speed", "theme", "present"];

/** A lesson may be named like a page, too, which is shorter to write down. @returns {Texts | null} */
const linkNow = () => {
  const lesson = new URLSearchParams(location.search).get("lesson");
  const texts = textsOf(location.hash);
  if (lesson && !texts.has("lesson")) texts.set("lesson", lesson);
  return texts.size ? texts : null;
};

/** What the address said when it was opened, until that is on show. */
let link = linkNow();
/** The tab that a link has opened, until everybody knows. @type {string | null} */
let awaited = null;
let timer = 0;
let written = -Infinity; // when
let isRefused = false;

/** @returns {Known} */
const known = () => ({ facts: facts(), result: resultOnShow(), theme: theme.usual });

/** The file of the example on show; null for a recording of the visitor's own. */
const exampleOnShow = () => {
  const { example } = resultOnShow();
  return example === undefined ? null : facts().examples[example];
};

/** Changes as a link can have them. */
const linkedChanges = () =>
  resultOnShow().changed.flatMap(({ text, fits_link: fits }) => (fits ? [text] : [])).join(",");

/** Whether something is changed that no link can hold: states of a recording of the visitor's own. */
export const hasOwnStates = () => Boolean(store.result?.changed.some(({ fits_link: fits }) => !fits));

/** @returns {State} */
const now = () => ({
  ...store.choices, example: exampleOnShow(), checkpoint: resultOnShow().checkpoint, tab: awaited ?? store.open,
  t: clock.time, select: clock.selection, zoom: store.zoom, speed: clock.rate, theme: theme.now,
  changes: linkedChanges(), present: presentation.isOn ? "on" : null, lesson: store.lesson, step: store.step,
});

/** What the hash should be; nothing while the visitor has done nothing. */
const hashNow = () => {
  const [hash, greeting] = [now(), { example: facts().examples[0] }].map((state) => hashOf(state, known()));
  return hash === greeting && !recents().length ? "" : hash;
};

/** The hash of a link to what is on show, outside any lesson. */
export const viewHash = () => hashOf({ ...now(), lesson: null, step: null }, known());

/** Whether what is on show is the visitor's own, of which a link says nothing. */
export const isOwn = () => store.result !== null && exampleOnShow() === null;

/** A link to what is on show. What else an address may hold, such as a key to a private page, is not in it. */
export const linkToThis = () =>
  `${location.origin}${location.pathname}${store.result ? hashNow() : location.hash}`;

/**
 * A link to a lesson's first step, about the recording on show.
 * @param {string} lesson its name
 */
export const linkToLesson = (lesson) => {
  const state = { example: exampleOnShow(), lesson, step: 1 };
  return `${location.origin}${location.pathname}${hashOf(state, known())}`;
};

const write = () => {
  clearTimeout(timer);
  timer = 0;
  if (link || isRefused || !store.result) return;
  const address = new URL(location.href);
  address.hash = hashNow();
  // From now on the hash says which lesson is open.
  if (address.searchParams.has("lesson")) address.searchParams.delete("lesson");
  if (address.href === location.href) return;
  written = performance.now();
  try {
    history.replaceState(history.state, "", address);
  } catch {
    // Some browsers let a page in another site's frame change nothing. Links are to be had all the same.
    isRefused = true;
  }
};

// One change for all that happens meanwhile; what plays is written where it stops.
const writeSoon = () => {
  timer ||= setTimeout(write, written + WRITE_MS - performance.now());
};
on("open", () => {
  awaited = null;
});
for (const event of ["choices", "zoom", "open", "rate", "step", "present", "draw"]) on(event, writeSoon);
on("tick", () => clock.playing || writeSoon());
// Gradio's page for programs takes the hash away; the press that closes it brings it back.
document.addEventListener("click", writeSoon);

/** The number of the example that a link names. */
const exampleNamed = () => {
  const found = link && facts().examples.indexOf(early("example", link, facts()) ?? "");
  return found === null || found < 0 ? undefined : found;
};

/** The first example that a link's lesson was made for. */
const exampleOfLesson = () => {
  const { lessons, examples } = facts();
  const name = link && early("lesson", link, facts());
  const lesson = lessons.find((each) => each.name === name);
  return lesson && examples.indexOf(lesson.recordings[0]);
};

/** Whether a link names an example: then it wins over what the tab remembers. */
export const namesExample = () => exampleNamed() !== undefined;

/**
 * What a link wants to have analysed first.
 * @param {Pick<Result, "example" | "checkpoint">} shown what is on show, or would be
 * @returns {Wanted | null} null where nothing
 */
export const wantedBy = ({ example, checkpoint }) => {
  if (!link) return null;
  const wanted = {
    // A link without an example means its lesson's, or the one that greets; a recording of the visitor's own stays.
    example: exampleNamed() ?? (example === undefined ? undefined : exampleOfLesson() ?? 0),
    checkpoint: early("checkpoint", link, facts()) ?? facts().checkpoint,
  };
  return wanted.example === example && wanted.checkpoint === checkpoint ? null : wanted;
};

// Before there is anything to see. A link that says nothing of it leaves it as the visitor has it.
const dress = () => {
  const wanted = link && early("theme", link, facts());
  if (wanted) theme.follow(/** @type {Theme} */ (wanted));
  if (link && early("present", link, facts())) presentation.put(true);
};

/** What a link wants cannot be had. */
export const dropLink = () => {
  link = null;
  writeSoon();
};

/** A result is on show: what a link says of it is put on show, too. */
export const arrive = () => {
  if (link) {
    const { state, ignored } = stateOf(link, known());
    dress();
    // Of the visitor's own recording, whose changes this tab remembers, an address says nothing.
    const mayChange = link.has("changes") || exampleOnShow() !== null;
    const isBare = [...link.keys()].every((name) => BESIDE_LESSON.includes(name));
    link = null;
    const isOfThis = state.example === null || state.example === exampleOnShow();
    put(state, FIELDS.filter(({ name, isOfRecording }) =>
      (isOfThis || !isOfRecording) && (mayChange || name !== "changes")).map(({ name }) => name));
    if (state.lesson !== store.lesson || state.step !== store.step) {
      whenMounted("lessons").then(() => emit("lesson", { name: state.lesson, step: state.step, isBare }));
    }
    if (ignored.length) emit("error", complaint(ignored));
  }
  write();
};

/**
 * What a step of a lesson wants to have analysed.
 * @param {string} hash
 * @returns {Wanted | null} null where that is on show
 */
export const wantedOver = (hash) => {
  const [texts, shown] = [textsOf(`#${hash}`), resultOnShow()];
  const found = facts().examples.indexOf(early("example", texts, facts()) ?? "");
  const example = found < 0 ? undefined : found;
  const checkpoint = early("checkpoint", texts, facts()) ?? shown.checkpoint;
  const isHere = (example ?? shown.example) === shown.example && checkpoint === shown.checkpoint;
  return isHere ? null : { example, checkpoint };
};

/**
 * Puts on show what a step of a lesson names; all else stays, and so do recording and model.
 * @param {string} hash
 */
export const putOver = (hash) => {
  const texts = textsOf(`#${hash}`);
  const { state, ignored } = stateOf(texts, known());
  put(state, [...texts.keys()].filter((name) => !ignored.some((each) => each.startsWith(`${name}=`))));
  if (texts.has("theme")) theme.follow(/** @type {Theme} */ (state.theme));
  if (ignored.length) emit("error", complaint(ignored, "this step"));
};

/**
 * @param {State} state
 * @param {readonly string[]} names of the fields to put on show
 */
const put = (state, names) => {
  const all = known();
  const before = /** @type {State} */ (store.choices);
  const fields = FIELDS.filter(({ name, isChoice }) => isChoice && names.includes(name));
  const other = fields.filter((field) =>
    (before[field.name] ?? field.usual(all)) !== state[field.name]);
  choose(/** @type {Choices} */ (Object.fromEntries(other.map(({ name }) => [name, state[name] ?? undefined]))));
  if (names.includes("tab")) {
    awaited = String(state.tab);
    openTab(awaited);
  }
  const [selected, zoom] = /** @type {(Stretch | null)[]} */ ([state.select, state.zoom]);
  if (names.includes("select")) clock.select(selected?.from ?? null, selected?.to);
  if (names.includes("t")) clock.seek(Number(state.t));
  if (names.includes("zoom")) zoomTo(zoom && fitted(zoom.from, zoom.to - zoom.from, clock.duration));
  if (names.includes("speed")) clock.rate = Number(state.speed);
  if (names.includes("present")) presentation.put(state.present === "on");
  // Last: what is on show stays until the model has been changed.
  const changes = String(state.changes);
  if (names.includes("changes") && changes !== changing.now.join(",")) changing.put(changes ? changes.split(",") : []);
};

// The visitor has changed it, or goes back or forward.
addEventListener("hashchange", ({ newURL }) => {
  // What it was changed to: a change of ours may have been written over it before this is told.
  link = textsOf(new URL(newURL).hash);
  if (!store.result) return;
  const wanted = wantedBy(store.result);
  emit("link", wanted);
  if (!wanted) arrive();
});

dress();
