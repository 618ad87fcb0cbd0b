// The one audio element and the one clock. `clock.seek(t)` moves it, and every view hears "tick": many times a
// second, so whoever listens does little and reads no layout.

import { unpack } from "./arrays.js";
import { emit } from "./events.js";
import { clamp } from "./format.js";
import { frameGrid } from "./grid.js";

/** @import { Stretch, TimelinePart, Word } from "./types.js" */

const AT_END_S = 0.02; // as near to the end as this, playing begins anew
/** Of a frame: what can be selected. An address has a stretch rounded. */
export const LEAST_SELECTED = 0.99;

const audio = new Audio();
let duration = 0;
let samples = new Int16Array(0);
let grid = frameGrid({ hop_s: 1, first_frame_s: 0, num_frames: 1 });
/** @type {readonly Word[]} */
let words = [];
let now = 0;
/**
 * Where playing stops, and where the clock returns to.
 * @type {{ at: number, back: number, selected?: boolean } | null}
 */
let stop = null;
/** @type {Stretch | null} */
let selection = null;
let running = false;
/** @type {Word | null} */
let lastWord = null;
let recordingUrl = "";
/**
 * The sound of a layer, as long as the recording, that may play in its place.
 * @type {{ layer: number, url: string } | null}
 */
let layerSound = null;
let isLayer = false; // whether that plays, now or next

export const clock = {
  get time() {
    return now;
  },
  get duration() {
    return duration;
  },
  get playing() {
    return !audio.paused;
  },
  /** The recording, int16. */
  get samples() {
    return samples;
  },
  /** Of the best reading that is here: the greedy one's at first. */
  get words() {
    return words;
  },
  /** The frames of the chosen model. */
  get grid() {
    return grid;
  },
  /** The frame that is heard now. */
  get frame() {
    return grid.frameAt(now);
  },
  /** @param {number} frame */
  timeOf: (frame) => grid.timeOf(frame),
  /**
   * The word that is said at a time, or null.
   * @param {number} time
   */
  wordAt: (time) => {
    const says = (/** @type {Word} */ word) => word.start_s <= time && time < word.end_s;
    if (!lastWord || !says(lastWord)) lastWord = words.find(says) || null;
    return lastWord;
  },
  /** The stretch that is selected, or null. A new one is a new object. */
  get selection() {
    return selection;
  },
  /**
   * Selects a stretch, whichever end comes first; nothing, or less than a frame, selects none.
   * @param {number | null} from
   * @param {number} [to]
   */
  select: (from, to) => {
    const chosen = stretchOf(from, to);
    if (!chosen && !selection) return;
    selection = chosen;
    if (!stop || stop.selected) stop = endOfSelection();
    emit("tick");
  },
  /** The layer whose sound is at hand; null where none is. */
  get layer() {
    return layerSound?.layer ?? null;
  },
  /** Whether that sound plays in place of the recording, now or next. */
  get playsLayer() {
    return isLayer;
  },
  /**
   * The sound of a layer of the recording, as long; null for none. Everybody hears "sounds".
   * @param {number | null} layer
   * @param {Int16Array<ArrayBuffer>} [sound]
   * @param {number} [rate] in Hz
   */
  lend: (layer, sound, rate = 0) => {
    const old = layerSound;
    layerSound = layer === null || !sound ? null : { layer, url: URL.createObjectURL(wavOf(sound, rate)) };
    if (isLayer) turnTo(layerSound !== null);
    if (old) URL.revokeObjectURL(old.url);
    emit("sounds");
  },
  /**
   * Plays the recording or the layer's sound from where the clock stands, or plays on with it.
   * @param {boolean} wantsLayer
   */
  playSound: (wantsLayer) => {
    if (!layerSound) return undefined;
    const goesOn = clock.playing;
    if (wantsLayer !== isLayer) turnTo(wantsLayer);
    emit("sounds");
    return goesOn ? undefined : begin();
  },
  /** 0.5 to 1; the pitch stays. */
  get rate() {
    return audio.playbackRate;
  },
  set rate(rate) {
    audio.preservesPitch = true;
    audio.playbackRate = audio.defaultPlaybackRate = rate;
    emit("rate");
  },
  /**
   * Another recording, or the same one as it is heard with other changes: then the place in it stays.
   * @param {TimelinePart} timeline
   * @param {boolean} [isSame]
   */
  load: (timeline, isSame = false) => {
    const [time, chosen] = isSame ? [now, selection] : [0, null];
    audio.pause();
    clock.lend(null);
    if (recordingUrl) URL.revokeObjectURL(recordingUrl);
    samples = /** @type {Int16Array<ArrayBuffer>} */ (unpack(timeline.samples));
    ({ duration_s: duration, words } = timeline);
    grid = frameGrid(timeline);
    audio.src = recordingUrl = URL.createObjectURL(wavOf(samples, timeline.rate_hz));
    selection = chosen;
    lastWord = null;
    now = time;
    if (time) audio.currentTime = time;
    stop = endOfSelection();
  },
  /**
   * The words of a better reading of this recording. Everybody draws theirs anew.
   * @param {readonly Word[]} better
   */
  read: (better) => {
    words = better;
    lastWord = null;
    emit("draw");
    emit("tick");
  },
  /** @param {number} time */
  seek: (time) => {
    move(time);
    stop = endOfSelection();
  },
  toggle: () => (clock.playing ? audio.pause() : begin()),
  /**
   * Plays one stretch, then comes back to its beginning.
   * @param {number} from
   * @param {number} to
   */
  hear: (from, to) => {
    move(from);
    stop = { at: Math.min(to, duration), back: from };
    return start();
  },
  /**
   * Moves the clock and, with it, the end of the selection at which it stands; elsewhere, begins a new one here.
   * @param {number} seconds
   */
  extend: (seconds) => {
    const at = (/** @type {number} */ time) => Math.abs(time - now) < 1e-6;
    let anchor = now;
    if (selection && at(selection.to)) anchor = selection.from;
    else if (selection && at(selection.from)) anchor = selection.to;
    move(now + seconds);
    clock.select(anchor, now);
  },
};

/**
 * @param {number | null} from
 * @param {number} [to]
 * @returns {Stretch | null}
 */
const stretchOf = (from, to) => {
  if (from == null || to == null) return null;
  const [start, end] = [from, to].map((time) => clamp(time, 0, duration)).sort((a, b) => a - b);
  return end - start < LEAST_SELECTED * grid.hop ? null : Object.freeze({ from: start, to: end });
};

/** @param {number} time */
const move = (time) => {
  now = clamp(time, 0, duration);
  audio.currentTime = now;
  emit("tick");
};

// Where playing stops if the clock stands in the selection; behind it, nothing stops it.
const endOfSelection = () =>
  selection && now >= selection.from && now < selection.to
    ? { at: selection.to, back: selection.from, selected: true }
    : null;

const begin = () => {
  const { from, to } = selection || { from: 0, to: duration };
  if ((selection && now < from) || now > to - AT_END_S) move(from);
  stop = endOfSelection();
  return start();
};

/** The recording or the layer's sound, from where the clock stands; it plays on. @param {boolean} wantsLayer */
const turnTo = (wantsLayer) => {
  const goesOn = clock.playing;
  if (goesOn) now = clamp(audio.currentTime, 0, duration);
  isLayer = wantsLayer;
  audio.src = isLayer && layerSound ? layerSound.url : recordingUrl;
  audio.currentTime = now;
  if (goesOn) start();
};

// Refused where a browser wants a gesture first: then the clock has moved, and that is all.
const start = () => audio.play().catch(() => {});

const run = () => {
  running = !audio.paused;
  if (!running) return;
  now = clamp(audio.currentTime, 0, duration);
  if (stop && now >= stop.at) {
    const { back } = stop;
    stop = null;
    audio.pause();
    move(back);
  } else {
    emit("tick");
  }
  requestAnimationFrame(run);
};

audio.addEventListener("play", () => {
  emit("tick");
  if (!running) requestAnimationFrame(run);
  running = true;
});
audio.addEventListener("pause", () => emit("tick"));
audio.addEventListener("ended", () => move(stop ? stop.back : duration));

/**
 * A recording as a file. Numbers are written lowest byte first, as all that runs browsers keeps them.
 * @param {Int16Array<ArrayBuffer>} sound
 * @param {number} rate in Hz
 */
const wavOf = (sound, rate) => {
  const long = (/** @type {number[]} */ ...numbers) => new Uint32Array(numbers);
  const short = (/** @type {number[]} */ ...numbers) => new Uint16Array(numbers);
  const bytes = sound.byteLength;
  return new Blob([
    "RIFF", long(36 + bytes), "WAVEfmt ", long(16), short(1, 1), long(rate, 2 * rate), short(2, 16),
    "data", long(bytes), sound,
  ], { type: "audio/wav" });
};
