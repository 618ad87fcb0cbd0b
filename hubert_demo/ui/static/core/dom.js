// Elements, and the few controls that several views have.

/** @typedef {Record<string, unknown>} Attributes */

/**
 * Gives an element attributes; `text` is text, never HTML; `on…` is a listener.
 * @template {Element} Node
 * @param {Node} node
 * @param {Attributes} attributes
 */
export const furnish = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = String(value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  return node;
};

/**
 * An element with attributes, as `furnish` gives them.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const make = (tag, attributes = {}, ...children) => {
  const node = furnish(document.createElement(tag), attributes);
  node.append(...children);
  return node;
};

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element of a drawing.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export const shape = (tag, attributes, ...children) => {
  const node = furnish(document.createElementNS(SVG, tag), attributes);
  node.append(...children);
  return node;
};

const ICONS = {
  play: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.6-6.8a.8.8 0 0 0 0-1.4L9.2 4.5A.8.8 0 0 0 8 5.2z",
  pause: "M7 5h3.4v14H7zM13.6 5H17v14h-3.4z",
  theme: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2v14a7 7 0 0 1 0-14z",
  alert: "M12 3 1.8 21h20.4L12 3zm-1 7h2v5.5h-2V10zm0 7h2v2h-2v-2z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  print: "M7 3h10v4H7zM4 8h16a1 1 0 0 1 1 1v8h-3v-3H6v3H3V9a1 1 0 0 1 1-1zm4 8h8v5H8z",
  right: "M9.2 16.6 4.6 12l-1.5 1.5 6.1 6.1L21 7.8l-1.5-1.5z",
  less: "M5 11h14v2H5z",
  more: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  whole: "M3 5h2v14H3zM19 5h2v14h-2zM10 8v3h4V8l4 4-4 4v-3h-4v3l-4-4z",
};

/** @param {keyof typeof ICONS} name */
export const icon = (name) =>
  shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" },
    shape("path", { d: ICONS[name], fill: "currentColor" }));

/**
 * A button with a text.
 * @param {string} text
 * @param {() => void} onclick
 * @param {string} id for the tests
 * @param {string} [className]
 */
export const button = (text, onclick, id, className = "") =>
  make("button", { type: "button", class: `hx-button ${className}`.trim(), text, onclick, "data-testid": id });

/**
 * A button with a picture.
 * @param {keyof typeof ICONS} name of the picture
 * @param {string} label what a screen reader says
 * @param {() => void} onclick
 * @param {Attributes} attributes
 */
export const iconButton = (name, label, onclick, attributes) =>
  make("button", { type: "button", "aria-label": label, onclick, ...attributes }, icon(name));

/**
 * A sentence that is not there while it is empty.
 * @param {HTMLElement} line
 * @param {string | null} [sentence]
 */
export const say = (line, sentence) => {
  // Between backticks stands what is typed into a shell.
  const pieces = (sentence || "").split(/`([^`]+)`/);
  line.replaceChildren(...pieces.map((text, index) => (index % 2 ? make("code", { text }) : text)));
  line.hidden = !sentence;
};

/**
 * Has the browser save what is at an address.
 * @param {string} href
 * @param {string} name of the file
 */
export const save = (href, name) => make("a", { href, download: name }).click();

/**
 * Gives the visitor a file.
 * @param {string} name
 * @param {string} mime
 * @param {string} content
 */
export const download = (name, mime, content) => {
  const href = URL.createObjectURL(new Blob([content], { type: mime }));
  save(href, name);
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
};

/**
 * A row of buttons of which one is chosen: value, text and what a screen reader says of each.
 * @template Value
 * @param {string} label
 * @param {[value: Value, text: string, spoken?: string][]} options
 * @param {Value} chosen
 * @param {(value: Value) => void} onchoose
 */
export const segments = (label, options, chosen, onchoose) => {
  const buttons = new Map(options.map(([value, text, spoken]) => [value, make("button", {
    type: "button", text, "aria-label": spoken, "aria-pressed": String(value === chosen),
    onclick: () => {
      choose(value);
      onchoose(value);
    },
  })]));
  const choose = (/** @type {Value} */ value) =>
    buttons.forEach((each, own) => each.setAttribute("aria-pressed", String(own === value)));
  const element = make("div", { class: "hx-segments", role: "group", "aria-label": label }, ...buttons.values());
  return { element, choose };
};

/**
 * A control with its name.
 * @param {string} name
 * @param {HTMLElement} control
 * @param {Attributes} [attributes]
 */
export const labelled = (name, control, attributes = {}) =>
  make("label", attributes, make("span", { text: name }), control);

/**
 * A choice among texts.
 * @param {string} id for the tests
 * @param {readonly (readonly [value: string, text: string, ...unknown[]])[]} options
 * @param {(value: string) => void} onchoose
 */
export const select = (id, options, onchoose) => {
  const onchange = () => onchoose(element.value);
  const element = make("select", { "data-testid": id, onchange },
    ...options.map(([value, text]) => make("option", { value, text })));
  return element;
};

/**
 * What steers the whole view: it stays in sight beneath the tabs.
 * @param {...HTMLElement} controls
 */
export const steer = (...controls) => make("div", { class: "hx-card hx-controls hx-steer" }, ...controls);

/**
 * A slider from layer to layer, with the name of the one that is chosen.
 * @param {number} first
 * @param {[slider: string, name: string]} ids for the tests
 * @param {(layer: number) => void} onpick
 */
export const layerSlider = (first, [id, nameId], onpick) => {
  const oninput = () => onpick(Number(slider.value));
  const slider = make("input", {
    type: "range", min: first, max: 1, step: 1, value: first, "aria-label": "Layer", "data-testid": id, oninput,
  });
  const which = make("output", { class: "hx-which", "data-testid": nameId });
  return {
    elements: [labelled("Layer", slider, { class: "hx-grow" }), which],
    /**
     * @param {number} layer
     * @param {number} last
     * @param {string} [name]
     * @param {string} [spoken] what a screen reader says instead of its number
     */
    show: (layer, last, name = `${layer} of ${last}`, spoken = undefined) => {
      slider.max = String(last);
      slider.value = String(layer);
      slider.style.setProperty("--share", `${(100 * (layer - first)) / Math.max(1, last - first)}%`);
      which.textContent = name;
      if (spoken) slider.setAttribute("aria-valuetext", spoken);
    },
  };
};

/**
 * A bar of a ramp's colours with what its ends mean.
 * @param {string} name of the ramp
 * @param {string} low
 * @param {string} high
 */
export const scale = (name, low, high) =>
  make("span", { class: "hx-scale" }, make("span", { text: low }), make("i", { class: `hx-ramp-${name}` }),
    make("span", { text: high }));

/**
 * Numbers beneath a picture: name, value, and an id for the tests.
 * @param {(readonly [name: string, value: string, id: string])[]} list
 */
export const numbers = (list) =>
  make("dl", { class: "hx-numbers" }, ...list.map(([name, value, id]) =>
    make("div", {}, make("dt", { text: name }), make("dd", { text: value, "data-testid": id }))));

export const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
