// The guided tour: a card that stays in sight, and sets the views as it goes.
(() => {
  "use strict";
  const hx = window.hx;

  const TAKE = "Take the tour";

  hx.view("tour", (root, page) => {
    let steps = [];
    let at = 0;
    let running = false;

    const title = hx.make("h2", { "data-testid": "tour-title", tabindex: -1 });
    const count = hx.make("span", { class: "hx-quiet", "data-testid": "tour-count" });
    const text = hx.make("p", { "data-testid": "tour-text" });
    const back = button("Back", () => show(at - 1), "tour-back");
    const next = button("Next", () => (at + 1 < steps.length ? show(at + 1) : end()), "tour-next", "is-main");
    const close = hx.make("button", {
      type: "button", class: "hx-close", "aria-label": "End the tour", onclick: () => end(), "data-testid": "tour-end",
    }, hx.icon("close"));
    const card = hx.make("section", { class: "hx-tour-card", "aria-label": "Guided tour", hidden: true },
      hx.make("div", { class: "hx-bar" }, title, count, hx.make("span", { class: "hx-grow" }), close),
      text, hx.make("div", { class: "hx-bar" }, back, next));
    const start = button(TAKE, () => begin(), "tour-start");
    // Over everything else, whatever the columns of the page do.
    document.querySelector(".gradio-container").append(card);
    root.append(start);

    const begin = async () => {
      if (!hx.result) return;
      start.disabled = true;
      start.textContent = "Reading the layers …";
      try {
        let answer = { ready: false };
        while (answer && !answer.ready) answer = await hx.ask(page, "steps", {});
        if (answer) {
          steps = answer.steps;
          running = true;
          show(0);
        }
      } catch (problem) {
        hx.emit("error", problem.message);
      }
      start.disabled = false;
      start.textContent = TAKE;
    };

    const show = (number) => {
      at = hx.clamp(number, 0, steps.length - 1);
      const step = steps[at];
      title.textContent = step.title;
      count.textContent = `${at + 1} of ${steps.length}`;
      text.textContent = step.text;
      back.disabled = at === 0;
      next.textContent = at + 1 < steps.length ? "Next" : "Done";
      card.hidden = false;
      root.classList.add("is-on");
      hx.openTab(step.view);
      hx.choose(step.choices);
      if (step.time_s !== null) hx.clock.seek(step.time_s);
      bringIntoSight();
      title.focus({ preventScroll: true });
    };

    const end = () => {
      running = false;
      card.hidden = true;
      root.classList.remove("is-on");
      start.focus({ preventScroll: true });
    };

    card.addEventListener("keydown", (event) => {
      if (event.key === "Escape") end();
    });

    return { result: () => running && end() };
  });

  const button = (text, onclick, id, className = "") =>
    hx.make("button", { type: "button", class: `hx-button ${className}`, text, onclick, "data-testid": id });

  // On a phone the views lie below the fold: timeline first, the view beneath it.
  const bringIntoSight = () => {
    const top = document.getElementById("hx-tabs").getBoundingClientRect().top;
    if (top < 0 || top > 0.6 * innerHeight) document.getElementById("hx-timeline").scrollIntoView();
  };

  // Presses the tab of a view; what is chosen for it before it is mounted is in `hx.choices` when it comes.
  hx.openTab = (name) => {
    const tabs = [...document.querySelectorAll("#hx-tabs [role=tab]")];
    tabs.find((tab) => tab.textContent.trim().toLowerCase() === name)?.click();
  };
})();
