// The one store: the result on show, what subscribes to it, and the components that Gradio mounts.
// Everything hangs on `window.hx`. A view is registered with `hx.view(name, make)`, where `make(root, page)`
// gives an object with any of: result, part, busy, error, tick, draw, open, choices. They are called when it happens.
(() => {
  "use strict";

  const makers = new Map();
  const listeners = new Map();
  const hx = { result: null, open: null, choices: {} };
  window.hx = hx;

  hx.on = (event, listener) => {
    if (!listeners.has(event)) listeners.set(event, new Set());
    listeners.get(event).add(listener);
    return () => listeners.get(event).delete(listener);
  };

  hx.emit = (event, detail) => {
    for (const listener of [...(listeners.get(event) || [])]) listener(detail);
  };

  // What the visitor has chosen in the views (layer, head, colour, …). Views write it, follow it, and exports
  // and the tour go by it. Handlers of "choices" get what changed.
  hx.choose = (wanted) => {
    const changed = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => hx.choices[name] !== value));
    if (!Object.keys(changed).length) return;
    Object.assign(hx.choices, changed);
    hx.emit("choices", changed);
  };

  hx.view = (name, make) => makers.set(name, make);

  // Called by Gradio for every component, at load or, inside a tab, when the tab is first opened.
  hx.mount = (name, page) => {
    const root = page.element.querySelector(".hx-root");
    if (!root || root.dataset.mounted) return;
    root.dataset.mounted = "true";
    const component = makers.get(name)(root, page);
    root.classList.toggle("is-empty", !hx.result);
    subscribe("result", root, () => root.classList.remove("is-empty"));
    for (const event of ["result", "part", "busy", "error", "tick", "draw", "open", "choices"]) {
      if (component[event]) subscribe(event, root, (detail) => component[event](detail));
    }
    watchSize(name, root, component);
    if (hx.result && component.result) component.result(hx.result);
    hx.emit("mount", name);
  };

  const subscribe = (event, root, listener) => {
    const off = hx.on(event, (detail) => (root.isConnected ? listener(detail) : off()));
  };

  // A tab that is not open is 0 wide: its width tells when it opens, and when to draw anew.
  const watchSize = (name, root, component) => {
    let width = 0;
    new ResizeObserver(() => {
      const before = width;
      width = root.clientWidth;
      if (component.tab && width && !before) {
        hx.open = name;
        hx.emit("open", name);
      }
      if (component.draw && width && width !== before) component.draw();
    }).observe(root);
  };

  // Calls a server function about the result on show. Gives null where that is no longer on show.
  hx.ask = async (page, name, request) => {
    const { token } = hx.result;
    const answer = await page.server[name]({ ...request, token });
    if (!hx.result || hx.result.token !== token) return null;
    if (!answer) throw new Error("The server did not answer. Try again.");
    if (answer.ok === false) throw new Error(answer.error);
    return answer;
  };

  const TYPES = {
    u1: Uint8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array,
  };

  // The typed array that `pack` in views/base.py wrote, with its `shape`.
  hx.unpack = ({ dtype, shape, data }) => {
    const text = atob(data);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const array = new TYPES[dtype](bytes.buffer);
    array.shape = shape;
    return array;
  };

  // An element with attributes; `text` is text, never HTML.
  hx.make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") node.textContent = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value != null) node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };

  const ICONS = {
    play: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.6-6.8a.8.8 0 0 0 0-1.4L9.2 4.5A.8.8 0 0 0 8 5.2z",
    pause: "M7 5h3.4v14H7zM13.6 5H17v14h-3.4z",
    theme: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2v14a7 7 0 0 1 0-14z",
    alert: "M12 3 1.8 21h20.4L12 3zm-1 7h2v5.5h-2V10zm0 7h2v2h-2v-2z",
    close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  };

  hx.icon = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[name]);
    path.setAttribute("fill", "currentColor");
    svg.append(path);
    return svg;
  };

  // Gives the visitor a file; its content is text, or bytes in a typed array.
  hx.download = (name, mime, content) => {
    const href = URL.createObjectURL(new Blob([content], { type: mime }));
    hx.make("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  };

  hx.seconds = (time) => `${time.toFixed(2)} s`;
  hx.percent = (fraction) => `${Math.round(fraction * 100)} %`;
  // A word as long as a picture has room for.
  hx.short = (text) => (text.length > 24 ? `${text.slice(0, 22)}…` : text);
  hx.clamp = (value, low, high) => Math.min(high, Math.max(low, value));
})();
