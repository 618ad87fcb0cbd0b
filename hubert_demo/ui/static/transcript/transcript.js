// The words as buttons, shaded where the model was unsure, the one being said lit; and beneath them how they came
// about: the map of letters, the steps from frames to text, other readings, a text of one's own.
(() => {
  "use strict";
  const hx = window.hx;

  // Surer than this is not shaded.
  const SURE = 0.9;
  // More words than this are set smaller, with what is beneath them on hover alone.
  const MANY = 60;

  // One stop for the tab key: arrow keys go from word to word.
  const roving = (text) =>
    text.addEventListener("keydown", (event) => {
      const ahead = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      const buttons = [...text.querySelectorAll("button")];
      const next = buttons[buttons.indexOf(event.target) + ahead];
      if (!next) return;
      event.preventDefault();
      event.target.setAttribute("tabindex", -1);
      next.setAttribute("tabindex", 0);
      next.focus();
    });

  hx.view("transcript", (root, page) => {
    const text = hx.make("div", { class: "hx-transcript", "data-testid": "transcript" });
    const shades = hx.make("span", { class: "hx-legend" }, hx.scale("unsure", "sure", "unsure"),
      hx.make("span", { class: "hx-quiet", text: "beneath: seconds, and how sure it is below 90 %" }));
    const foot = hx.make("div", { class: "hx-foot" }, shades);
    const better = hx.make("p", { class: "hx-better", hidden: true, "data-testid": "better" });
    const showBetter = (words, judged) => {
      better.hidden = !judged || !words.some(({ differs }) => differs);
      better.replaceChildren(
        hx.make("span", { class: "hx-quiet", text: "Helped by a language model: " }),
        words.map((word) => word.text).join(" "),
      );
    };
    const parts = [hx.emissionMap(), hx.stepThrough(), hx.readings(page, showBetter), hx.alignment(page)];
    root.append(hx.make("div", { class: "hx-card" }, text, better, foot), ...parts.map((part) => part.node));
    roving(text);
    let buttons = new Map();
    let shown = null;

    const word = (word) => {
      const doubt = hx.clamp((SURE - word.confidence) / SURE, 0, 1);
      const times = `${word.start_s.toFixed(2)}–${word.end_s.toFixed(2)}`;
      const button = hx.make(
        "button",
        {
          type: "button", class: "hx-word", tabindex: -1, "data-testid": "word", style: `--doubt:${(100 * doubt).toFixed(0)}%`,
          title: `${times} s · sure ${hx.percent(word.confidence)}`,
          onclick: () => hx.clock.hear(word.start_s, word.end_s),
        },
        hx.make("span", { text: word.text }),
        hx.make("small", { text: doubt ? `${times} · ${hx.percent(word.confidence)}` : times }),
      );
      buttons.set(word, button);
      return button;
    };

    const light = () => {
      const word = hx.result && hx.clock.wordAt(hx.clock.time);
      const button = (word && buttons.get(word)) || null;
      if (button === shown) return;
      shown?.classList.remove("is-now");
      button?.classList.add("is-now");
      shown = button;
    };

    const nothing = () => [
      hx.make("p", { class: "hx-nothing", text: "No speech recognised" }),
      hx.make("p", { class: "hx-quiet", text: "Speak a little louder or closer to the microphone, in English." }),
    ];

    const each = (event) => (detail) => parts.forEach((part) => part[event]?.(detail));

    return {
      tab: true,
      draw: each("draw"),
      choices: each("choices"),
      tick: () => {
        if (!hx.result) return;
        light();
        each("tick")();
      },
      result: (result) => {
        const { words, formats } = result.views.transcript;
        buttons = new Map();
        shown = null;
        text.replaceChildren(...(words.length ? words.map(word) : [hx.make("div", {}, ...nothing())]));
        text.classList.toggle("has-many", words.length > MANY);
        text.querySelector("button")?.setAttribute("tabindex", 0);
        better.hidden = true;
        shades.hidden = !words.length;
        foot.replaceChildren(shades, hx.downloads(page, formats));
        each("result")(result);
        light();
      },
    };
  });
})();
