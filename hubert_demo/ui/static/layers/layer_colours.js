// What the dots of the maps are coloured by: a colour for every moment, what it means, and what the tip says.
(() => {
  "use strict";
  const hx = window.hx;

  const NAMED = 6; // colours that most eyes tell apart; then each lighter, then each darker
  const TINTS = [[255, 0], [255, 0.55], [0, 0.4]];
  const REPEATS = NAMED * TINTS.length;

  const unitColour = (unit) => {
    const hex = hx.token(`--hx-class-${(unit % NAMED) + 1}`);
    const [towards, share] = TINTS[Math.floor(unit / NAMED) % TINTS.length];
    const mixed = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).map((part) => Math.round(part + (towards - part) * share));
    return `rgb(${mixed})`;
  };

  const none = () => hx.token("--hx-line-strong");

  const quantityColour = ({ values, low, high }, frame) =>
    Number.isNaN(values[frame]) ? none() : hx.colour(hx.ramp("time"), (values[frame] - low) / (high - low));

  const kindOf = (data, letter) => (letter ? data.kinds.findIndex(([, letters]) => letters.includes(letter)) : -1);

  // For every way to colour: `of(view, frame)`, `has(view, frame)` where a moment may have none, `say` for the tip.
  const WAYS = {
    time: {
      of: (view, frame) => hx.colour(hx.ramp("time"), frame / Math.max(1, view.data.tokens.length - 1)),
      legend: () => [hx.scale("time", "0 s", hx.seconds(hx.clock.duration))],
    },
    letter: {
      of: (view, frame) => {
        const kind = kindOf(view.data, view.data.tokens[frame]);
        return kind < 0 ? none() : hx.token(`--hx-class-${kind + 1}`);
      },
      has: (view, frame) => Boolean(view.data.tokens[frame]),
      legend: (view) => [
        ...view.data.kinds.map(([name], kind) => key(name, `background:var(--hx-class-${kind + 1})`)),
        key("no letter", "background:var(--hx-line-strong);transform:scale(.5)"),
      ],
    },
    energy: quantity("energy", () => []),
    pitch: quantity("pitch", () => [key("no pitch", "background:var(--hx-line-strong);transform:scale(.5)")]),
    unit: {
      of: (view, frame) => (view.units ? unitColour(view.units.values[frame]) : none()),
      legend: (view) => (view.units ? unitLegend(view) : [hx.make("span", { text: "The units are being found …" })]),
      say: (view, frame) => view.units && `unit ${view.units.values[frame] + 1}`,
    },
  };

  function quantity(name, rest) {
    const number = (value) => `${Math.round(value)}`.replace("-", "−");
    return {
      of: (view, frame) => (view.quantities ? quantityColour(view.quantities[name], frame) : none()),
      has: (view, frame) => Boolean(view.quantities) && !Number.isNaN(view.quantities[name].values[frame]),
      legend: (view) => {
        if (!view.quantities) return [hx.make("span", { text: `The ${name} is being measured …` })];
        const { low, high, unit } = view.quantities[name];
        return [hx.scale("time", `${number(low)} ${unit}`, `${number(high)} ${unit}`), ...rest()];
      },
      say: (view, frame) => {
        if (!view.quantities) return "";
        const { values, unit } = view.quantities[name];
        return Number.isNaN(values[frame]) ? `no ${name}` : `${number(values[frame])} ${unit}`;
      },
    };
  }

  const unitLegend = ({ units }) => {
    const shown = Math.min(units.count, REPEATS);
    const cells = Array.from({ length: shown }, (_, unit) => hx.make("i", { style: `background:${unitColour(unit)}` }));
    const again = units.count > REPEATS ? ` Colours repeat after ${REPEATS}.` : "";
    const layer = units.layer === 0 ? "the input" : `layer ${units.layer}`;
    return [
      hx.make("span", { class: "hx-swatches", "aria-hidden": "true" }, ...cells),
      hx.make("span", { text: `${units.count} groups of moments that k-means finds in ${layer}, numbered as they are first heard.${again}` }),
    ];
  };

  const key = (name, style) =>
    hx.make("span", { class: "hx-key" }, hx.make("i", { style }), hx.make("span", { text: name }));

  hx.layerColours = {
    key,
    ways: Object.keys(WAYS),
    // A colour for every frame.
    all: (view) => view.data.tokens.map((_, frame) => WAYS[view.colour].of(view, frame)),
    has: (view, frame) => (WAYS[view.colour].has ? WAYS[view.colour].has(view, frame) : true),
    legend: (view) => WAYS[view.colour].legend(view),
    say: (view, frame) => (WAYS[view.colour].say ? WAYS[view.colour].say(view, frame) : ""),
  };
})();
