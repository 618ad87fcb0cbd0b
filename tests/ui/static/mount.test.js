// What mounts, and when each part of a result reaches it.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { FakeElement, install, nextFrame, pause } from "./harness.js";

install();

/** Told sizes by hand: see `resize`. */
const observers = new Map();
globalThis.ResizeObserver = class {
  constructor(callback) {
    this.callback = callback;
  }

  observe(root) {
    observers.set(root, this.callback);
  }
};
globalThis.window.hx = [];

const { emit } = await import("../../../hubert_demo/ui/static/core/events.js");
const { fetchPartsBy, fetchPart, openStrip, startMounting, whenMounted } =
  await import("../../../hubert_demo/ui/static/core/mount.js");
const { setOpen, showResult, store } = await import("../../../hubert_demo/ui/static/core/store.js");

const scripts = new Map();
const asked = [];
let number = 0;
let roots = [];

const load = async (module) => ({ mount: scripts.get(module) });

/** What Gradio pushes for a component: its element, with the root in it. */
const mountingOf = (name, root) =>
  ({ name, module: `${name}.js`, element: { querySelector: () => root }, server: {}, props: {} });

const rootOf = (clientWidth = 0) => {
  const root = Object.assign(new FakeElement(), { isConnected: true, clientWidth });
  roots.push(root);
  return root;
};

const resize = (root, width) => {
  root.clientWidth = width;
  observers.get(root)();
  nextFrame();
};

/** A component that writes down what reaches it. */
const componentOf = (heard, partNames, more = {}) => {
  const listener = (name) => (detail) => heard.push(detail === undefined ? name : `${name} ${detail}`);
  const events = ["tick", "draw", "choices", "busy", "error", "open"];
  const parts = Object.fromEntries(partNames.map((name) => [name, (part) => heard.push(`${name}: ${part}`)]));
  return {
    ...Object.fromEntries(events.map((event) => [event, listener(event)])),
    result: ({ token }) => heard.push(`result ${token}`),
    failed: (name, sentence) => heard.push(`${name} failed: ${sentence}`),
    ...(partNames.length ? { parts } : {}),
    ...more,
  };
};

/** Mounts a component with parts of these names; what reaches it is in `heard`. */
const mounted = async (name, partNames, more = {}) => {
  const [heard, root] = [[], rootOf()];
  scripts.set(`${name}.js`, () => componentOf(heard, partNames, more));
  await globalThis.window.hx.push(mountingOf(name, root));
  return { heard, root, clear: () => heard.splice(0) };
};

const newResult = (parts = ["a", "b", "c"]) => {
  const token = `t${++number}`;
  showResult({ token, parts, num_layers: 4, num_heads: 4 });
  return token;
};

/** Answers the oldest question for a part that has none yet. */
const answer = async (name, reply, token) => {
  const at = asked.findIndex((each) => each.name === name && (!token || each.token === token));
  assert.ok(at >= 0, `nobody asked for ${name}`);
  const [{ settle }] = asked.splice(at, 1);
  settle(typeof reply === "string" ? { ok: true, part: reply } : reply);
  await pause();
};

const askedFor = () => asked.map(({ name }) => name);
const REFUSED = { ok: false, error: "There is none." };

fetchPartsBy({
  server: {
    // As Gradio gives it: `part` is what `askUntilReady` is answered.
    part: ({ token, name }) => new Promise((settle) =>
      asked.push({ token, name, settle: (reply) => settle(reply?.part ?? reply) })),
  },
});

const early = rootOf();
let earlyMounts = 0;
scripts.set("early.js", () => {
  earlyMounts++;
  return {};
});
const tooEarly = mountingOf("early", early);
globalThis.window.hx.push(tooEarly, { ...tooEarly });
startMounting(load);
await pause();

afterEach(async () => {
  // Nobody and nothing of a test is there in the next one.
  for (const root of roots) root.isConnected = false;
  roots = [];
  showResult({ token: "none", parts: [] });
  while (asked.length) await answer(asked[0].name, "too late");
  setOpen(null);
});

test("what mounted before the modules were there is mounted then, and once however often it is pushed", async () => {
  assert.equal(earlyMounts, 1);
  await globalThis.window.hx.push(tooEarly);
  assert.equal(earlyMounts, 1);
});

test("an element without a root is not mounted", async () => {
  let mounts = 0;
  scripts.set("rootless.js", () => {
    mounts++;
    return {};
  });
  await globalThis.window.hx.push(mountingOf("rootless", null));
  assert.equal(mounts, 0);
});

test("parts are fetched when a component is first on show, the first before the others", async () => {
  const { heard, root, clear } = await mounted("one", ["a", "b", "c"], { tab: true });
  clear();
  const token = newResult();
  await pause();
  assert.deepEqual(asked, []);
  resize(root, 300);
  assert.equal(store.open, "one");
  assert.deepEqual(askedFor(), ["a"]);
  assert.ok(root.classList.contains("is-stale"));
  await answer("a", "A");
  assert.deepEqual(askedFor(), ["b", "c"]);
  assert.ok(!root.classList.contains("is-stale") && !root.classList.contains("is-empty"));
  await answer("c", "C");
  await answer("b", "B");
  assert.deepEqual(heard, [`result ${token}`, "a: A", "c: C", "b: B"]);
});

test("a part that the result does not offer is not asked for", async () => {
  const { root } = await mounted("two", ["a", "b"]);
  newResult(["b"]);
  resize(root, 300);
  assert.deepEqual(askedFor(), ["b"]);
});

test("what is on show when a result comes asks at once, and a tab that is opened again asks for nothing", async () => {
  const { root, heard } = await mounted("three", ["a"], { tab: true });
  resize(root, 300);
  assert.deepEqual(asked, []);
  newResult();
  assert.deepEqual(askedFor(), ["a"]);
  resize(root, 0);
  resize(root, 300);
  assert.deepEqual(askedFor(), ["a"]);
  await answer("a", "A");
  resize(root, 0);
  resize(root, 300);
  assert.deepEqual(asked, []);
  assert.equal(heard.filter((each) => each === "a: A").length, 1);
});

test("a component that mounts late gets the result that is on show", async () => {
  const token = newResult();
  const { heard } = await mounted("late", []);
  assert.deepEqual(heard, [`result ${token}`]);
});

test("nothing but the result reaches a component before its first part", async () => {
  const { heard, root, clear } = await mounted("four", ["a", "b"], { strip: { height: 1 } });
  const happen = () => {
    for (const event of ["tick", "draw", "busy", "error", "open", "choices"]) emit(event, 1);
  };
  clear();
  const all = ["tick 1", "draw 1", "busy 1", "error 1", "open 1", "choices 1"];
  happen();
  assert.deepEqual(heard, []);
  setOpen("four");
  for (let turn = 0; turn < 2; turn++) {
    clear();
    const token = newResult();
    happen();
    if (!turn) resize(root, 300);
    else resize(root, 400);
    happen();
    assert.deepEqual(heard, [`result ${token}`]);
    assert.equal(openStrip(), undefined);
    clear();
    await answer("a", `A${turn}`);
    assert.deepEqual(heard, [`a: A${turn}`]);
    assert.equal(openStrip().height, 1);
    clear();
    happen();
    assert.deepEqual(heard, all);
  }
});

test("a component without parts hears everything, also before there is a result", async () => {
  const { heard } = await mounted("five", []);
  const token = store.result.token;
  emit("busy", "Waiting");
  emit("tick");
  assert.deepEqual(heard, [`result ${token}`, "busy Waiting", "tick"]);
});

test("a component is drawn anew when its width changes, and only then", async () => {
  const { heard, root, clear } = await mounted("six", []);
  resize(root, 300);
  clear();
  resize(root, 300);
  assert.deepEqual(heard, []);
  resize(root, 200);
  resize(root, 0);
  assert.deepEqual(heard, ["draw"]);
});

test("a first part that cannot be had is said in the root, and asked for again when the tab is opened again",
  async () => {
    const { heard, root, clear } = await mounted("seven", ["a", "b"], { tab: true });
    newResult();
    resize(root, 300);
    clear();
    await answer("a", REFUSED);
    assert.deepEqual(root.children.map(({ textContent }) => textContent), ["There is none."]);
    assert.deepEqual(heard, []);
    assert.deepEqual(asked, []);
    resize(root, 0);
    resize(root, 300);
    assert.deepEqual(askedFor(), ["a"]);
    await answer("a", "A");
    assert.deepEqual(root.children, []);
    await answer("b", "B");
    assert.deepEqual(heard, ["a: A", "b: B"]);
  });

test("a new result takes the sentence about the old one away", async () => {
  const { root } = await mounted("eight", ["a"]);
  newResult();
  resize(root, 300);
  await answer("a", REFUSED);
  assert.equal(root.children.length, 1);
  newResult();
  assert.deepEqual(root.children, []);
});

test("a later part that cannot be had is told to the component, and asked for when the tab is opened again",
  async () => {
    const { heard, root, clear } = await mounted("nine", ["a", "b", "c"]);
    newResult();
    resize(root, 300);
    await answer("a", "A");
    clear();
    await answer("b", REFUSED);
    await answer("c", "C");
    assert.deepEqual(heard, ["b failed: There is none.", "c: C"]);
    assert.deepEqual(root.children, []);
    clear();
    resize(root, 0);
    resize(root, 300);
    assert.deepEqual(askedFor(), ["b"]);
    await answer("b", "B");
    assert.equal(heard.at(-1), "b: B");
  });

test("a part is fetched once for two components that show it", async () => {
  const one = await mounted("ten", ["a"]);
  const other = await mounted("eleven", ["a", "b"]);
  newResult();
  resize(one.root, 300);
  resize(other.root, 300);
  assert.deepEqual(askedFor(), ["a"]);
  await answer("a", "A");
  assert.equal(one.heard.at(-1), "a: A");
  assert.equal(other.heard.at(-1), "a: A");
  // Also for whoever comes later.
  const late = await mounted("twelve", ["a"]);
  resize(late.root, 300);
  await pause();
  assert.equal(late.heard.at(-1), "a: A");
  assert.deepEqual(askedFor(), ["b"]);
});

test("parts of a result that is gone are dropped", async () => {
  const { heard, root, clear } = await mounted("thirteen", ["a", "b"]);
  const old = newResult();
  resize(root, 300);
  const young = newResult();
  clear();
  assert.deepEqual(asked.map(({ token, name }) => [token, name]), [[old, "a"], [young, "a"]]);
  await answer("a", "old A", old);
  assert.deepEqual(heard, []);
  await answer("a", "A", young);
  await answer("b", "B", young);
  assert.deepEqual(heard, ["a: A", "b: B"]);
});

test("what is gone leaves nothing to be fetched of the new result before its first part, or twice", async () => {
  const { heard, root, clear } = await mounted("fourteen", ["a", "b"]);
  const old = newResult();
  resize(root, 300);
  const young = newResult();
  clear();
  await answer("a", "old A", old);
  // The first part of the new one is still under way.
  resize(root, 0);
  resize(root, 300);
  assert.deepEqual(askedFor(), ["a"]);
  await answer("a", "A", young);
  await answer("b", "B", young);
  resize(root, 0);
  resize(root, 300);
  await pause();
  assert.deepEqual(heard.filter((each) => each !== "draw"), ["a: A", "b: B"]);
});

test("a component that has left the page hears nothing more", async () => {
  const { heard, root, clear } = await mounted("fifteen", []);
  clear();
  root.isConnected = false;
  emit("tick");
  root.isConnected = true;
  emit("tick");
  assert.deepEqual(heard, []);
});

test("the page says when the open view is there, and when nothing more is on its way", async () => {
  const { root } = await mounted("sixteen", ["a", "b"], { tab: true });
  const { dataset } = globalThis.document.body;
  resize(root, 300);
  const token = newResult();
  nextFrame();
  assert.notEqual(dataset.hxReady, token);
  await answer("a", "A");
  nextFrame();
  assert.equal(dataset.hxReady, token);
  assert.notEqual(dataset.hxComplete, token);
  await answer("b", "B");
  nextFrame();
  assert.equal(dataset.hxComplete, token);
});

test("the page says that nothing more is on its way also where the last to come is of an old result", async () => {
  const { root } = await mounted("seventeen", ["a"], { tab: true });
  const { dataset } = globalThis.document.body;
  resize(root, 300);
  const old = newResult();
  const young = newResult();
  await answer("a", "A", young);
  nextFrame();
  assert.equal(dataset.hxReady, young);
  assert.notEqual(dataset.hxComplete, young);
  await answer("a", "old A", old);
  nextFrame();
  assert.equal(dataset.hxComplete, young);
});

test("a part can be fetched of a result that is not on show yet, as long as it is wanted", async () => {
  const coming = fetchPart("coming", "timeline", () => true);
  await answer("timeline", "T", "coming");
  assert.equal(await coming, "T");
  const unwanted = fetchPart("coming", "timeline", () => false);
  await answer("timeline", "T", "coming");
  assert.equal(await unwanted, null);
});

test("whoever waits for a component goes on once it has mounted, or at once where it has", async () => {
  const heard = [];
  whenMounted("awaited").then(() => heard.push("mounted"));
  await mounted("another", []);
  assert.deepEqual(heard, []);
  await mounted("awaited", []);
  await pause();
  assert.deepEqual(heard, ["mounted"]);
  await whenMounted("awaited");
});
