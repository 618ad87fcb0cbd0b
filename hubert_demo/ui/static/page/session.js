// What surrounds the views: messages from the server, errors, examples, light and dark.
(() => {
  "use strict";
  const hx = window.hx;

  // The channel from Python: one JSON string a message, of kind busy, result or error.
  hx.view("session", (_root, page) => {
    let asked = false;
    const receive = () => {
      if (!page.props.value) return;
      const message = JSON.parse(page.props.value);
      // Whoever has begun something of their own is no longer to be greeted.
      if (message.welcome && asked) return;
      asked = asked || !message.welcome;
      ({ busy, result, error })[message.kind](message);
    };

    const busy = (message) => {
      delete document.body.dataset.hxReady;
      hx.emit("busy", message.text);
    };

    const error = (message) => {
      hx.emit("busy", null);
      hx.emit("error", message.text);
      if (hx.result) document.body.dataset.hxReady = hx.result.token;
    };

    const result = (message) => {
      hx.result = message;
      const { samples, rate_hz: rate } = message.views.timeline;
      message.samples = hx.unpack(samples);
      hx.clock.load(message.samples, rate);
      hx.emit("busy", null);
      hx.emit("error", null);
      hx.emit("result", message);
      hx.emit("tick", hx.clock);
      requestAnimationFrame(() => {
        document.body.dataset.hxReady = message.token;
      });
      finish(message);
    };

    // The slower parts one beside the other; then the page is complete.
    const finish = async ({ parts, token }) => {
      delete document.body.dataset.hxComplete;
      await Promise.all(parts.map(fetchPart));
      if (hx.result.token === token) document.body.dataset.hxComplete = token;
    };

    // What a view draws later; a quick part that comes after its slow one is no longer wanted.
    const fetchPart = async ({ view, speed }) => {
      const { token } = hx.result;
      const data = hx.result.views[view];
      let answer = { ready: false };
      try {
        while (answer && !answer.ready) answer = await hx.ask(page, "part", { view, speed });
      } catch (problem) {
        answer = { problem: problem.message };
      }
      if (!answer || hx.result.token !== token || data.slow) return;
      Object.assign(data, { problem: null }, answer, { [speed]: true });
      hx.emit("part", view);
    };

    page.watch("value", receive);
    receive();
    return {};
  });

  hx.view("note", (root) => {
    const text = hx.make("span", { "data-testid": "alert" });
    const close = hx.make("button", {
      type: "button", class: "hx-close", "aria-label": "Dismiss", onclick: () => show(null),
    }, hx.icon("close"));
    const box = hx.make("div", { class: "hx-alert", role: "alert", hidden: true }, hx.icon("alert"), text, close);
    const status = hx.make("p", { class: "hx-status", role: "status", hidden: true, "data-testid": "status" });
    root.append(box, status);
    const show = (sentence) => {
      text.textContent = sentence || "";
      box.hidden = !sentence;
    };
    return {
      error: show,
      busy: (what) => {
        if (what) show(null);
        status.textContent = what ? `${what} …` : "";
        status.hidden = !what;
      },
    };
  });

  hx.view("examples", (root, page) => {
    const rows = [...root.querySelectorAll(".hx-example")];
    const choose = (number) =>
      rows.forEach((row, i) => row.setAttribute("aria-pressed", String(i === number)));
    rows.forEach((row, index) =>
      row.addEventListener("click", () => {
        choose(index);
        page.trigger("pick", { index });
      }),
    );
    return { result: (result) => choose(result.example ?? -1) };
  });

  hx.view("head", (root) => {
    const remembered = localStorage.getItem("hx-theme");
    if (remembered && !new URLSearchParams(location.search).has("__theme")) {
      document.body.classList.toggle("dark", remembered === "dark");
    }
    const toggle = () => {
      const dark = document.body.classList.toggle("dark");
      localStorage.setItem("hx-theme", dark ? "dark" : "light");
    };
    root.append(
      hx.make("button", {
        type: "button", class: "hx-theme", "aria-label": "Light or dark", title: "Light or dark",
        "data-testid": "theme", onclick: toggle,
      }, hx.icon("theme")),
    );
    return {};
  });
})();
