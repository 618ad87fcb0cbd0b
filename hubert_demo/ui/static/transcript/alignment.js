// A text that the visitor types, put in time and compared with the transcript.
(() => {
  "use strict";
  const hx = window.hx;

  const MAX_TEXT = 2000;
  const NOTES = { missing: () => "not written", inserted: () => "not said", replaced: (word) => `wrote “${word.heard}”` };

  // Buttons that fetch a text in each format; `request()` says of what.
  hx.downloads = (page, formats, request = () => ({})) => {
    const problem = hx.make("span", { class: "hx-problem", role: "alert" });
    const fetch = async (format) => {
      problem.textContent = "";
      try {
        const file = await hx.ask(page, "text", { format, ...request() });
        if (file) hx.download(file.name, file.mime, file.text);
      } catch (error) {
        problem.textContent = error.message;
      }
    };
    const buttons = formats.map(({ name, title }) => hx.make("button", {
      type: "button", class: "hx-button is-plain", text: title, title: `Download as ${title}`, "data-testid": `text-${name}`,
      onclick: () => fetch(name),
    }));
    return hx.make("div", { class: "hx-downloads", role: "group", "aria-label": "Download" }, ...buttons, problem);
  };

  hx.alignment = (page) => {
    const view = { asked: 0, shown: "", words: [], lit: null };
    view.input = hx.make("textarea", {
      rows: 2, maxlength: MAX_TEXT, placeholder: "Type what was really said", "aria-label": "What was really said",
      "data-testid": "reference", onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        align(view, page);
      },
    });
    const form = hx.make("form", { class: "hx-ask", onsubmit: (event) => {
      event.preventDefault();
      align(view, page);
    } }, view.input, hx.make("button", { type: "submit", class: "hx-button is-plain", text: "Align", "data-testid": "align" }));
    view.problem = hx.make("p", { class: "hx-problem", role: "alert", hidden: true, "data-testid": "align-problem" });
    view.found = hx.make("div", { class: "hx-found", "data-testid": "alignment" });
    view.node = hx.make("div", { class: "hx-card hx-align" }, hx.make("div", { class: "hx-bar" },
      hx.make("h2", { text: "Align your own text" }),
      hx.make("span", { class: "hx-quiet", text: "where each word was said, and what the transcript got wrong" })),
    form, view.problem, view.found);
    view.result = () => {
      clear(view);
      view.input.value = "";
      hx.choose({ reference: "" });
    };
    view.choices = ({ reference }) => {
      if (reference === undefined || reference === view.shown) return;
      view.input.value = reference;
      if (reference) align(view, page);
      else clear(view);
    };
    view.tick = () => light(view);
    return view;
  };

  const clear = (view) => {
    view.asked++;
    Object.assign(view, { shown: "", words: [], lit: null });
    view.problem.hidden = true;
    view.found.replaceChildren();
    view.node.removeAttribute("aria-busy");
  };

  const align = async (view, page) => {
    if (!hx.result) return;
    clear(view);
    const { asked } = view;
    const reference = view.input.value;
    view.node.setAttribute("aria-busy", "true");
    try {
      const answer = await hx.ask(page, "align", { reference });
      if (!answer || asked !== view.asked) return;
      view.shown = reference;
      show(view, page, answer);
    } catch (problem) {
      if (asked !== view.asked) return;
      view.problem.textContent = problem.message;
      view.problem.hidden = false;
    }
    view.node.removeAttribute("aria-busy");
    hx.choose({ reference: view.shown });
  };

  const show = (view, page, { words, wer, cer, counts, compared, left_out: leftOut }) => {
    view.words = words.map((word) => ({ word, button: button(word) }));
    const numbers = hx.numbers([
      ["word error rate", hx.percent(wer), "wer"], ["character error rate", hx.percent(cer), "cer"],
      ...Object.entries(counts).map(([kind, count]) => [kind, String(count), `count-${kind}`]),
    ]);
    const numerals = leftOut.some((character) => /\p{N}/u.test(character)) ? ". Write numbers as words." : "";
    const without = leftOut.length ? ` Left out, for this model cannot write it: ${leftOut.join(" ")}${numerals}` : "";
    const { formats } = hx.result.views.transcript;
    view.found.replaceChildren(
      hx.make("div", { class: "hx-transcript" }, ...view.words.map((each) => each.button)), numbers,
      hx.make("p", { class: "hx-quiet", text: `Compared as “${compared}”.${without}`, "data-testid": "compared" }),
      hx.downloads(page, formats, () => ({ reference: view.shown })),
    );
    light(view);
  };

  const button = (word) => {
    const { kind, start_s: start, end_s: end } = word;
    const times = `${start.toFixed(2)}–${end.toFixed(2)}`;
    return hx.make("button", {
      type: "button", class: `hx-word hx-aligned is-${kind}`, "data-testid": "aligned-word", "data-kind": kind,
      title: `${times} s · sure ${hx.percent(word.confidence)}`, onclick: () => hx.clock.hear(start, end),
    }, hx.make("span", { text: word.text || word.heard }),
    hx.make("small", { text: NOTES[kind] ? NOTES[kind](word) : times }));
  };

  const light = (view) => {
    const { time } = hx.clock;
    const said = ({ word }) => word.start_s <= time && time < word.end_s;
    if (view.lit && said(view.lit)) return;
    view.lit?.button.classList.remove("is-now");
    view.lit = view.words.find(said) || null;
    view.lit?.button.classList.add("is-now");
  };
})();
