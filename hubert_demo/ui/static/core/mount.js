// The components that Gradio mounts: each gets what happens, and its parts of the result.

import { askUntilReady, sentenceOf } from "./ask.js";
import { button, make } from "./dom.js";
import { emit, on } from "./events.js";
import { setOpen, store } from "./store.js";

/** @import { Component, Mount, Mounting, Page, ResultMessage } from "./types.js" */

/**
 * @typedef {object} Mounted
 * @property {string} name
 * @property {HTMLElement} root
 * @property {Component} component
 * @property {string | null} asked token of the result whose parts were asked for
 * @property {string | null} shown token of the result whose first part is here
 * @property {string[]} lacking names of the parts that are neither here nor on their way
 * @property {HTMLElement} alert why there is no first part
 */

/** @type {Map<string, Mounted>} */
const mounted = new Map();

/** @type {Page | null} */
let channel = null;

/** Parts by token and name: asked for once, whoever shows them. @type {Map<string, Promise<any>>} */
const fetched = new Map();
let underWay = 0;
/** How often the server was asked for something. */
let numAsked = 0;
/** Token of the result that comes next. @type {string | null} */
let coming = null;

/**
 * By which component's server functions parts are fetched.
 * @param {Page} page
 */
export const fetchPartsBy = (page) => {
  channel = page;
};

/**
 * A part of a result, whether it is on show yet or not.
 * @param {string} token of the result
 * @param {string} name of the part
 * @param {() => boolean} isWanted
 * @returns {Promise<any>} null where it is no longer wanted
 * @throws {Error} with a sentence
 */
export const fetchPart = (token, name, isWanted) => {
  if (!channel) throw new Error("Parts cannot be fetched yet.");
  return askUntilReady(channel, "part", { token, name }, isWanted);
};

/**
 * The timeline of a result that is coming; what the components on show begin with is fetched beside it.
 * @param {ResultMessage} message
 * @param {() => boolean} isWanted
 */
export const fetchTimeline = ({ token, parts }, isWanted) => {
  coming = token;
  for (const { root, component } of mounted.values()) {
    const first = Object.keys(component.parts || {}).find((name) => parts.includes(name));
    if (first && root.clientWidth) once(token, first);
  }
  return fetchPart(token, "timeline", isWanted);
};

/**
 * Once a component has mounted.
 * @param {string} name
 * @returns {Promise<void>}
 */
export const whenMounted = (name) => new Promise((done) => {
  if (mounted.has(name)) return done();
  const off = on("mount", (other) => {
    if (other !== name) return;
    off();
    done();
  });
});

/** The strip of the open tab, if there is anything to show in it. */
export const openStrip = () => {
  const open = mounted.get(store.open || "");
  return open && isHere(open) ? open.component.strip : undefined;
};

/**
 * Takes what mounted before the modules were there, and mounts from now on at once.
 * @param {(module: string) => Promise<{ mount: Mount }>} load gives a script by its path in `static/`
 */
export const startMounting = (load) => {
  const early = /** @type {Mounting[]} */ (/** @type {unknown} */ (window.hx));
  const push = async (/** @type {Mounting} */ mounting) => {
    try {
      add(mounting, (await load(mounting.module)).mount);
    } catch (problem) {
      console.error(problem);
      const text = "This could not be loaded. Check the connection and reload the page.";
      mounting.element.append(make("p", { class: "hx-nothing", role: "alert", text }));
    }
  };
  window.hx = { push };
  early.forEach(push);
};

/**
 * @param {Mounting} mounting
 * @param {Mount} mount
 */
const add = ({ name, module: _, ...page }, mount) => {
  const root = /** @type {HTMLElement | null} */ (page.element.querySelector(".hx-root"));
  if (!root || root.dataset.mounted) return;
  root.dataset.mounted = "true";
  const { trigger } = page;
  page.trigger = (event, given) => {
    numAsked += 1;
    const data = { ...given, event, asked: numAsked };
    emit("trigger", { event, data, repeat: () => trigger(event, data) });
    trigger(event, data);
  };
  /** @type {Mounted} */
  const entry = {
    name, root, component: mount(root, page), asked: null, shown: null, lacking: [],
    alert: make("p", { class: "hx-nothing", role: "alert" }),
  };
  mounted.set(name, entry);
  root.classList.toggle("is-empty", !store.result);
  listen(entry);
  watchSize(entry);
  if (store.result) begin(entry);
  emit("mount", name);
};

/** @param {Mounted} entry */
const isHere = ({ component, shown }) => !component.parts || (store.result && shown === store.result.token);

/** @param {Mounted} entry */
const begin = (entry) => {
  const { component, root, alert } = entry;
  if (!store.result) return;
  alert.remove();
  // Also where the very same result is shown again: its words and its grid are new objects.
  Object.assign(entry, { asked: null, shown: null, lacking: [] });
  if (component.parts) root.classList.add("is-stale");
  else root.classList.remove("is-empty");
  component.result?.(store.result);
  demand(entry);
};

/** @param {Mounted} entry */
const listen = (entry) => {
  const { component, root } = entry;
  /** @type {Record<string, (detail: any) => void>} */
  const listeners = { result: () => begin(entry) };
  for (const event of /** @type {const} */ (["busy", "error", "open", "tick", "draw", "zoom", "choices", "changes"])) {
    const listener = component[event];
    if (listener) listeners[event] = (detail) => isHere(entry) && listener(detail);
  }
  for (const [event, listener] of Object.entries(listeners)) {
    const off = on(event, (detail) => (root.isConnected ? listener(detail) : off()));
  }
};

/**
 * A tab that is not open is 0 wide: its width tells when it opens, and when to draw anew.
 * @param {Mounted} entry
 */
const watchSize = (entry) => {
  const { name, root, component } = entry;
  let width = 0;
  new ResizeObserver(() => {
    const before = width;
    width = root.clientWidth;
    const isNew = width > 0 && !before;
    const isOther = width > 0 && width !== before;
    if (isNew && component.tab) setOpen(name);
    if (isNew) demand(entry);
    // In the next frame: drawing changes heights, which WebKit's console calls an error while sizes are being told.
    requestAnimationFrame(() => {
      if (isNew && component.tab) emit("open", name);
      if (isOther && isHere(entry)) component.draw?.();
    });
  }).observe(root);
};

/**
 * Fetches the parts that a component on show lacks: the first one, then the others side by side.
 * @param {Mounted} entry
 */
const demand = async (entry) => {
  const { component, root } = entry;
  if (!store.result || !component.parts || !root.clientWidth) return;
  const { token, parts: offered } = store.result;
  if (entry.asked !== token) {
    entry.asked = token;
    entry.lacking = Object.keys(component.parts).filter((name) => offered.includes(name));
  }
  const [first, ...others] = entry.lacking.splice(0);
  if (!first) return;
  if (await deliver(entry, token, first)) await Promise.all(others.map((name) => deliver(entry, token, name)));
  else if (entry.asked === token) entry.lacking.push(...others);
};

/**
 * Fetches a part and hands it over. One that cannot be had is asked for again when the tab is opened again.
 * @param {Mounted} entry
 * @param {string} token
 * @param {string} name
 * @returns {Promise<boolean>} whether the first part of this result is here
 */
const deliver = async (entry, token, name) => {
  const { component, root } = entry;
  const isWanted = () => store.result?.token === token;
  underWay++;
  delete document.body.dataset.hxComplete;
  const isAsked = fetched.has(keyOf(token, name));
  const { part, sentence } = await once(token, name).then(
    (found) => ({ part: found, sentence: "" }),
    (problem) => ({ part: null, sentence: sentenceOf(problem) }),
  );
  // What was here already would be drawn while sizes are being told: WebKit's console calls that an error, see above.
  if (isAsked) await new Promise((done) => setTimeout(done));
  underWay--;
  sayWhatIsHere();
  if (!isWanted()) return false;
  root.classList.remove("is-empty");
  if (part) {
    entry.shown = token;
    root.classList.remove("is-stale");
    entry.alert.remove();
    /** @type {Record<string, (part: any) => void>} */ (component.parts)[name](part);
  } else {
    entry.lacking.push(name);
    if (!sentence) return false;
    if (entry.shown === token) component.failed?.(name, sentence);
    else complain(entry, sentence);
  }
  return entry.shown === token;
};

/**
 * Says why there is no first part, and offers to ask for it again.
 * @param {Mounted} entry
 * @param {string} sentence
 */
const complain = (entry, sentence) => {
  const retry = () => {
    entry.alert.remove();
    demand(entry);
  };
  entry.alert.textContent = sentence;
  entry.alert.append(button("Try again", retry, "try-again"));
  entry.root.prepend(entry.alert);
};

/** @param {string} token @param {string} name */
const keyOf = (token, name) => `${token} ${name}`;

/**
 * A part of the result on show or of the one that comes, asked for once, whoever wants it.
 * @param {string} token of the result
 * @param {string} name of the part
 * @returns {Promise<any>} null where it is no longer wanted
 */
export const once = (token, name) => {
  const key = keyOf(token, name);
  const asked = fetched.get(key) ?? fetchPart(token, name, () => [coming, store.result?.token].includes(token));
  fetched.set(key, asked);
  // What failed, or was not wanted for a while, may be asked for again.
  asked.then((part) => part || fetched.delete(key), () => fetched.delete(key));
  return asked;
};

// What a short drop of the network has kept back.
on("online", () => mounted.forEach((entry) => demand(entry)));

// What it was before it was changed can be back at any moment.
on("result", ({ token, before }) => {
  const kept = [token, before].filter((each) => each !== null);
  for (const key of fetched.keys()) if (!kept.some((each) => key.startsWith(each))) fetched.delete(key);
});

/** For whoever waits for the page: the open view is drawn, or says why not; and nothing more is on its way. */
const sayWhatIsHere = () => {
  const { result, open } = store;
  const view = mounted.get(open || "");
  requestAnimationFrame(() => {
    if (!result || store.result !== result || (view && !isHere(view) && !view.alert.isConnected)) return;
    document.body.dataset.hxReady = result.token;
    if (!underWay) document.body.dataset.hxComplete = result.token;
  });
};
