// Downloads: figures and numbers of the open view, everything in a zip, and the Python that makes it again.
(() => {
  "use strict";
  const hx = window.hx;

  hx.view("take", (root, page) => {
    const downloads = JSON.parse(root.dataset.downloads);
    const list = hx.make("div", { class: "hx-take-list", "data-testid": "take-list" });
    const status = hx.make("p", { class: "hx-quiet", role: "status", "data-testid": "take-status" });
    const code = hx.make("pre", { class: "hx-code", tabindex: 0, "data-testid": "script" });
    const copy = button("Copy", () => copyText(code.textContent), "copy-script");
    const shown = hx.make("div", { class: "hx-script", hidden: true }, code, copy);
    const zip = button("All of it, as a zip", () => download("all", "zip", zip), "take-zip");
    const python = button("The Python for this", () => showScript(), "take-script");
    root.append(
      hx.make("div", { class: "hx-bar" }, hx.make("h2", { text: "Take it away" }),
        hx.make("span", { class: "hx-quiet", text: "with the settings you see" }), hx.make("span", { class: "hx-grow" }),
        zip, python),
      list, status, shown,
    );

    const copyText = async (text) => {
      try {
        await navigator.clipboard.writeText(text);
        status.textContent = "Copied.";
      } catch {
        // Without a secure connection a page may not write there.
        getSelection().selectAllChildren(code);
        status.textContent = "Marked for you to copy.";
      }
    };

    const showScript = async () => {
      if (!hx.result) return;
      try {
        const answer = await hx.ask(page, "reproduce", { choices: hx.choices });
        if (!answer) return;
        code.textContent = answer.text;
        shown.hidden = false;
        status.textContent = "";
      } catch (problem) {
        status.textContent = problem.message;
      }
    };

    // The server writes the file and sends its address, as the next value of this component.
    let pressed = null;
    const download = (name, format, by) => {
      if (!hx.result || pressed) return;
      pressed = by;
      pressed.disabled = true;
      status.textContent = format === "zip" ? "Drawing and packing everything …" : "Making the file …";
      const { token, title } = hx.result;
      page.trigger("take", { token, title, name, format, choices: { ...hx.choices } });
    };

    const receive = () => {
      const answer = page.props.value;
      if (!answer || !answer.number) return;
      if (pressed) pressed.disabled = false;
      pressed = null;
      allow();
      status.textContent = answer.error || "";
      if (answer.file) follow(answer.file.url, answer.name);
    };
    page.watch("value", receive);

    const follow = (href, name) => {
      const link = hx.make("a", { href, download: name, hidden: true });
      document.body.append(link);
      link.click();
      link.remove();
    };

    // One row for each download of the open view, with a button for each format.
    let rows = [];
    const fill = () => {
      const views = [hx.open || "transcript", "timeline"];
      rows = downloads.filter(({ view }) => views.includes(view)).map((one) => (
        { ...one, buttons: one.files.map((file) => fileButton(one.title, file)) }));
      list.replaceChildren(...rows.map(({ title, buttons }) =>
        hx.make("div", { class: "hx-take" }, hx.make("span", { text: title }), ...buttons)));
      allow();
    };

    const fileButton = (title, { name, format }) => {
      const one = button(format.toUpperCase(), () => download(name, format, one), `take-${name}-${format}`);
      one.setAttribute("aria-label", `${title} as ${format.toUpperCase()}`);
      return one;
    };

    // A download that needs a choice is disabled until that is made, and says why.
    const allow = () => rows.forEach(({ need, buttons }) => {
      const lacks = need && !hx.choices[need.choice];
      buttons.forEach((one) => {
        one.disabled = lacks || one === pressed;
        one.title = lacks ? need.reason : "";
      });
    });
    fill();

    const result = () => {
      shown.hidden = true;
      status.textContent = "";
    };
    return { open: fill, choices: allow, result };
  });

  const button = (text, onclick, id) =>
    hx.make("button", { type: "button", class: "hx-button", text, onclick, "data-testid": id });
})();
