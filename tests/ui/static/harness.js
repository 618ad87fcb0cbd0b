// What the modules need of a browser, for tests without one.

const WAIT_MS = 5;

/** An audio element that never sounds: its time is set by hand. */
export class FakeAudio extends EventTarget {
  static latest = null;
  paused = true;
  currentTime = 0;
  playbackRate = 1;
  src = "";

  constructor() {
    super();
    FakeAudio.latest = this;
  }

  async play() {
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    if (this.paused) return;
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

/** The names of an element's classes. */
class FakeClasses extends Set {
  contains(name) {
    return this.has(name);
  }

  remove(name) {
    this.delete(name);
  }

  toggle(name, isOn = !this.has(name)) {
    if (isOn) this.add(name);
    else this.delete(name);
  }
}

/** An element that is never seen: it knows its children, its classes and its width. */
export class FakeElement extends EventTarget {
  children = [];
  classList = new FakeClasses();
  dataset = {};
  clientWidth = 0;
  textContent = "";
  isConnected = false;
  parent = null;

  setAttribute(name, value) {
    this[name] = value;
  }

  append(...nodes) {
    for (const node of nodes) this.#adopt(node, this.children.length);
  }

  prepend(...nodes) {
    nodes.forEach((node, index) => this.#adopt(node, index));
  }

  remove() {
    if (!this.parent) return;
    this.parent.children = this.parent.children.filter((child) => child !== this);
    this.parent = null;
    this.isConnected = false;
  }

  #adopt(node, index) {
    node.remove();
    this.children.splice(index, 0, node);
    node.parent = this;
    node.isConnected = this.isConnected;
  }
}

let frames = [];

/** What paint.js asks of the theme: every colour of the page, and both ramps. */
const TOKENS = { "--hx-ramp-time": "#000000 #ffffff", "--hx-ramp-ink": "#ffffff #000000" };

/** Installs what the modules look for when they are loaded. */
export const install = () => {
  Object.assign(globalThis, {
    Audio: FakeAudio,
    MutationObserver: class {
      observe() {}
    },
    document: Object.assign(new EventTarget(), { body: new FakeElement(), createElement: () => new FakeElement() }),
    getComputedStyle: () => ({ getPropertyValue: (name) => TOKENS[name] ?? "#102030" }),
    matchMedia: () => Object.assign(new EventTarget(), { matches: false }),
    requestAnimationFrame: (callback) => frames.push(callback),
    window: globalThis,
  });
};

/** Draws the next frame, as a browser does sixty times a second. */
export const nextFrame = () => {
  const due = frames;
  frames = [];
  for (const callback of due) callback(performance.now());
};

export const pause = () => new Promise((done) => setTimeout(done, WAIT_MS));

const BYTES = { u1: Uint8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array, f4: Float32Array };

/** An array as `pack` in views/base.py writes it. */
export const pack = (dtype, values, shape = [values.length]) => {
  const bytes = new Uint8Array(BYTES[dtype].from(values).buffer);
  return { dtype, shape, data: btoa(String.fromCharCode(...bytes)) };
};

/** A second of sound at 100 Hz, whose frames last a tenth, with two words. */
export const timeline = (more = {}) => ({
  samples: pack("i2", Array.from({ length: 100 }, (_, i) => i)),
  rate_hz: 100,
  duration_s: 1,
  hop_s: 0.1,
  first_frame_s: 0.05,
  num_frames: 10,
  words: [
    { text: "one", start_s: 0.1, end_s: 0.3, confidence: 1 },
    { text: "two", start_s: 0.4, end_s: 0.6, confidence: 0.5 },
  ],
  ...more,
});
