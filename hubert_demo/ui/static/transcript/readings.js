// Other readings of the recording: what a search over whole texts finds, with words to listen for.
(() => {
  "use strict";
  const hx = window.hx;

  const MAX_TEXT = 1600;
  const LONG = 30; // words; of a longer reading only what differs from the best one is shown
  const AROUND = 3; // with so many words before and after

  // `best` hears the words of the best reading, and whether a language model judged it.
  hx.readings = (page, best) => {
    const view = { asked: 0, wanted: false, best };
    view.input = hx.make("input", {
      type: "text", maxlength: MAX_TEXT, placeholder: "harbour, quiet", autocomplete: "off", "data-testid": "hotwords",
    });
    const form = hx.make("form", { class: "hx-ask", onsubmit: (event) => {
      event.preventDefault();
      const hotwords = view.input.value.trim();
      if (hotwords === (hx.choices.hotwords || "")) search(view, page);
      else hx.choose({ hotwords });
    } }, hx.make("label", {}, hx.make("span", { text: "Words to listen for" }), view.input),
    hx.make("button", { type: "submit", class: "hx-button is-plain", text: "Search again", "data-testid": "search" }));
    view.list = hx.make("ol", { class: "hx-readings", "data-testid": "readings" });
    view.status = hx.make("p", { class: "hx-quiet", role: "status", "data-testid": "readings-status" });
    view.problem = hx.make("p", { class: "hx-problem", role: "alert", hidden: true, "data-testid": "readings-problem" });
    view.node = hx.make("div", { class: "hx-card hx-readings-card" },
      hx.make("div", { class: "hx-bar" }, hx.make("h2", { text: "Other readings the search considered" }), form),
      view.list, view.problem, view.status);
    view.result = ({ views }) => {
      view.list.replaceChildren(greedy(views.transcript.words));
      view.wanted = true;
      view.draw();
    };
    // A tab that nobody has opened asks for nothing.
    view.draw = () => {
      if (view.wanted && view.node.clientWidth) search(view, page);
    };
    view.choices = ({ hotwords }) => {
      if (hotwords === undefined) return;
      view.input.value = hotwords;
      view.wanted = true;
      view.draw();
    };
    return view;
  };

  const greedy = (words) => row("greedy", words.map(({ text }) => ({ text })), "the likeliest letter of every moment, as above");

  const row = (name, words, note, numbers = []) =>
    hx.make("li", { "data-testid": "reading" }, hx.make("span", { class: "hx-rank", text: name }),
      words.length ? hx.make("span", { class: "hx-read" }, ...words.flatMap(spaced)) : hx.make("span", { class: "hx-quiet", text: "no speech" }),
      hx.make("span", { class: "hx-quiet hx-scores" }, ...(note ? [note] : []), ...numbers));

  const spaced = ({ text, differs }, index) => [index ? " " : "", hx.make(differs ? "b" : "span", { text })];

  const search = async (view, page) => {
    if (!hx.result) return;
    const asked = ++view.asked;
    view.wanted = false;
    view.problem.hidden = true;
    view.status.textContent = "Searching …";
    view.node.setAttribute("aria-busy", "true");
    try {
      let answer = { ready: false };
      while (answer && answer.ready === false && asked === view.asked) {
        answer = await hx.ask(page, "readings", { hotwords: hx.choices.hotwords || "" });
      }
      if (!answer || asked !== view.asked) return;
      show(view, answer);
    } catch (problem) {
      if (asked !== view.asked) return;
      view.problem.textContent = problem.message;
      view.problem.hidden = false;
      view.status.textContent = "";
    }
    view.node.removeAttribute("aria-busy");
  };

  const show = (view, { readings, score, language_model: judged }) => {
    view.best(readings[0].words, judged);
    const rows = readings.map((reading, index) => row(String(index + 1), index ? shortened(reading.words) : reading.words, "", [
      hx.make("b", { text: `score ${number(reading.score)}`, "data-testid": "score" }),
      hx.make("span", { text: `CTC ${number(reading.ctc_log_probability)}` }),
    ]));
    view.list.replaceChildren(greedy(hx.result.views.transcript.words), ...rows);
    view.status.textContent = `Bold: other than the greedy reading; further down, other than reading 1. ${score}`;
  };

  const shortened = (words) => {
    if (words.length <= LONG || !words.some((word) => word.differs)) return words;
    const near = (index) => words.slice(Math.max(0, index - AROUND), index + AROUND + 1).some((word) => word.differs);
    return words.flatMap((word, index) => (near(index) ? [word] : !index || near(index - 1) ? [{ text: "…" }] : []));
  };

  // With the minus sign that numbers have in print.
  const number = (value) => value.toFixed(1).replace("-", "−");
})();
