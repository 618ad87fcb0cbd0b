// Recordings on their way to the server. The browser keeps each until the server says that it has read it: one that the
// network kept back is sent again by itself as soon as the server can be reached, or at a press.

import { emit, on } from "../core/events.js";
import { facts } from "../core/store.js";
import { reaching, steadfast } from "./connection.js";
import { keepSending } from "./memory.js";
import { emptyRecorder, isRecorded } from "./source.js";

/**
 * @typedef {object} Sound
 * @property {File} file
 * @property {string} title as the server calls it
 * @property {boolean} recorded by the microphone
 * @property {string} [path] where it lies on the server
 */

const RECORDED = "Your recording";
const OK = 200;

const ask = window.fetch.bind(window);
const reach = reaching(ask);

/** Those that Gradio is sending, or the server has not read yet. @type {Sound[]} */
let underWay = [];
/** Those that have not come. @type {Sound[]} */
let unsent = [];
/** The status by which the server refused the first of them; 0 where it could not be reached. */
let refusedBy = 0;
let isReached = true;
let isSending = false;

/** @param {string} title */
export const named = (title) => (title === RECORDED ? "your recording" : title);

/**
 * What to say of recordings that have not come.
 * @param {readonly { title: string }[]} sounds
 * @param {number} status by which the server refused the first; 0 where it cannot be reached
 */
export const sentenceOn = (sounds, status) => {
  if (!sounds.length) return "The connection to the server was lost. What you have asked for comes when it is back.";
  const which = sounds.length > 1 ? `${sounds.length} recordings have` : `${named(sounds[0].title)} has`;
  const [it, is] = sounds.length > 1 ? ["They", "are"] : ["It", "is"];
  if (status) return `The server could not take ${named(sounds[0].title)} (status ${status}). It is kept on this page.`;
  return `The connection to the server was lost, and ${which} not been sent. ${it} ${is} kept on this page, and sent `
    + "again when the connection is back.";
};

/** Says what has not come, and remembers it in case the page is reloaded. */
const tell = () => {
  keepSending([...unsent, ...underWay].map(({ title }) => title));
  const isLost = unsent.length > 0 || !isReached;
  emit("lost", isLost && !isSending ? { text: sentenceOn(unsent, refusedBy), again: unsent.length > 0 } : null);
};

/**
 * @param {Sound} sound
 * @param {number} status
 */
const keepBack = (sound, status) => {
  underWay = underWay.filter((each) => each !== sound);
  unsent.push(sound);
  emit("busy", null);
  hold(status);
};

/** @param {number} status */
const hold = (status) => {
  refusedBy = status;
  if (!status) reach().then(sendAgain);
  tell();
};

/**
 * The server has read a recording, or said why it cannot be read.
 * @param {string | undefined} title
 */
export const settle = (title) => {
  const index = underWay.findIndex((each) => each.title === title);
  if (index < 0) return;
  underWay.splice(index, 1);
  tell();
};

/** Answers broke off: whatever was not read by then is sent again. */
export const sendLost = () => {
  const lost = underWay;
  underWay = [];
  unsent.push(...lost);
  sendAgain();
  return lost.length > 0;
};

export const discard = () => {
  unsent = [];
  tell();
};

/** Sends what has not come, one after the other. */
export const sendAgain = async () => {
  if (isSending || !unsent.length) return;
  isSending = true;
  tell();
  while (unsent.length && await sendFirst());
  isSending = false;
  tell();
};

/** @returns {Promise<boolean>} whether to go on */
const sendFirst = async () => {
  const [sound] = unsent;
  emit("busy", `Sending ${named(sound.title)} again`);
  const body = new FormData();
  body.append("files", sound.file);
  const response = await ask("./gradio_api/upload", { method: "POST", body }).catch(() => null);
  if (response?.status !== OK) {
    emit("busy", null);
    if (response && refused(sound, response.status)) unsent.shift();
    else hold(response && response.status < 502 ? response.status : 0);
    return false;
  }
  const [path] = await response.json();
  unsent.shift();
  underWay.push({ ...sound, path });
  const shown = answer();
  emit("resend", { path, recorded: sound.recorded, title: sound.title });
  await shown;
  return true;
};

/** Until the next result is on show, or a sentence says why there is none. */
const answer = () => new Promise((done) => {
  const offs = ["result", "error", "offer", "cut"].map((event) => on(event, (sentence) => {
    if (event === "error" && !sentence) return;
    offs.forEach((off) => off());
    done(undefined);
  }));
});

/**
 * Says why the server will never take a recording, where that is known.
 * @param {Sound} sound
 * @param {number} status
 */
const refused = (sound, status) => {
  const reason = facts().refusals[status];
  if (!reason) return false;
  underWay = underWay.filter((each) => each !== sound);
  tell();
  emit("error", reason);
  return true;
};

const of = (/** @type {File} */ file) => /** @type {Sound} */ (underWay.find((each) => each.file === file));

const uploads = {
  sending: (/** @type {File} */ file) => {
    const recorded = isRecorded();
    underWay.push({ file, recorded, title: recorded ? RECORDED : file.name });
    tell();
  },
  arrived: (/** @type {File} */ file, /** @type {string[]} */ [path]) => {
    const sound = of(file);
    sound.path = path;
    // The server leaves out of a name what is no good in one.
    if (!sound.recorded) sound.title = path.split(/[\\/]/).at(-1) || sound.title;
    tell();
  },
  failed: (/** @type {File} */ file, /** @type {number} */ status) => {
    emptyRecorder();
    if (!refused(of(file), status)) keepBack(of(file), status);
  },
  missed: (/** @type {string} */ path) => {
    const sound = underWay.find((each) => each.path === path);
    if (!sound) return false;
    emptyRecorder();
    keepBack(sound, 0);
    return true;
  },
};

/** What each kind of event was last asked for. @type {Map<string, { data: string, repeat: () => void }>} */
const asked = new Map();
on("trigger", ({ event, data, repeat }) => asked.set(event, { data: JSON.stringify(data), repeat }));

/** What was asked last is asked again; whatever was asked before it is no longer wanted. @param {unknown} eventData */
const misses = (eventData) => {
  const data = JSON.stringify(eventData);
  const [event, one] = [...asked].find(([, each]) => each.data === data) ?? [];
  if (!event || !one) return false;
  reach().then(() => asked.get(event) === one && one.repeat());
  tell();
  return true;
};

/** Events of which nothing counts but what was asked last. */
const ONE_BY_ONE = new Set(["again", "pick", "choose", "part"]);

/**
 * What is to be asked in place of this. Gradio keeps back what is asked while it waits for an answer, and then asks
 * what it has just had answered once more.
 * @param {any} eventData
 */
const latest = (eventData) => {
  const newer = ONE_BY_ONE.has(eventData?.event) && asked.get(eventData.event);
  return newer ? JSON.parse(newer.data) : eventData;
};

const onCut = () => reach().then(() => emit("cut"));

on("reached", (is) => {
  isReached = is;
  tell();
  if (is) emit("online");
});

/** From now on Gradio's requests outlast a drop of the network. */
export const keepSounds = () => {
  window.fetch = steadfast(ask, { reach, onCut, latest, misses, uploads });
};
