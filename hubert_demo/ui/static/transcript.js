// The words as buttons, shaded where the model was unsure, the one being said lit.
(() => {
  "use strict";
  const hx = window.hx;

  // Surer than this is not shaded.
  const SURE = 0.9;

  hx.view("transcript", (root) => {
    const text = hx.make("div", { class: "hx-transcript", "data-testid": "transcript" });
    const legend = hx.make("div", { class: "hx-legend" }, hx.scale("unsure", "sure", "unsure"),
      hx.make("span", { class: "hx-quiet", text: "beneath each word: from when to when, in seconds; and how sure the model is, if that is below 90 %" }));
    root.append(hx.make("div", { class: "hx-card" }, text, legend));
    let buttons = new Map();
    let shown = null;

    const word = (word) => {
      const doubt = hx.clamp((SURE - word.confidence) / SURE, 0, 1);
      const times = `${word.start_s.toFixed(2)}–${word.end_s.toFixed(2)}`;
      const button = hx.make(
        "button",
        {
          type: "button", class: "hx-word", "data-testid": "word", style: `--doubt:${(100 * doubt).toFixed(0)}%`,
          title: `${times} s · sure ${hx.percent(word.confidence)}`,
          onclick: () => hx.clock.hear(word.start_s, word.end_s),
        },
        hx.make("span", { text: word.text }),
        hx.make("small", { text: doubt ? `${times} · ${hx.percent(word.confidence)}` : times }),
      );
      buttons.set(word, button);
      return button;
    };

    const tick = () => {
      const word = hx.result && hx.clock.wordAt(hx.clock.time);
      const button = (word && buttons.get(word)) || null;
      if (button === shown) return;
      shown?.classList.remove("is-now");
      button?.classList.add("is-now");
      shown = button;
    };

    return {
      tab: true,
      tick,
      result: (result) => {
        const { words } = result.views.transcript;
        buttons = new Map();
        shown = null;
        text.replaceChildren(...words.map(word));
        legend.hidden = !words.length;
        if (!words.length) {
          text.append(hx.make("div", {},
            hx.make("p", { class: "hx-nothing", text: "No speech recognised" }),
            hx.make("p", { class: "hx-quiet", text: "Speak a little louder or closer to the microphone, in English." })));
        }
        tick();
      },
    };
  });
})();
