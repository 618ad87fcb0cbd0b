// Which model listens: the picker, the wait for one that has to be fetched, the card, and whose view is whose.
(() => {
  "use strict";
  const hx = window.hx;

  hx.view("picker", (root, page) => {
    const select = root.querySelector("select");
    const first = select.value;
    let wanted = null; // what the visitor has chosen and not got yet
    // Said here too: on a phone the page's own messages are out of sight from here.
    const line = hx.make("p", { class: "hx-quiet", hidden: true, "data-testid": "picker-line" });
    root.append(line);

    const say = (sentence) => {
      line.textContent = sentence || "";
      line.hidden = !sentence;
    };

    const settle = () => {
      wanted = null;
      select.value = hx.result ? hx.result.checkpoint : first;
    };

    // Waits until the server has the model; false where the visitor wants another one by now.
    const fetched = async (checkpoint) => {
      for (let begin = true; wanted === checkpoint; begin = false) {
        const answer = await page.server.fetch({ checkpoint, begin });
        if (wanted !== checkpoint) return false;
        if (!answer) throw new Error("The server did not answer. Try again.");
        if (!answer.ok) throw new Error(answer.error);
        if (answer.ready) return true;
        hx.emit("busy", answer.text);
      }
      return false;
    };

    select.addEventListener("change", async () => {
      const checkpoint = select.value;
      wanted = checkpoint;
      try {
        if (!(await fetched(checkpoint))) return;
        const { token, title, example } = hx.result || {};
        page.trigger("choose", { checkpoint, token, title, example });
      } catch (problem) {
        const { title } = hx.result ? hx.result.model : { title: null };
        const rest = title ? ` The page goes on with ${title}.` : "";
        hx.emit("busy", null);
        hx.emit("error", `${problem.message}${rest}`);
      }
    });

    return {
      // What was begun before, by the model that was there before, does not undo the choice.
      result: (result) => {
        if (!wanted || wanted === result.checkpoint) settle();
      },
      busy: (what) => say(wanted && what ? `${what} …` : ""),
      error: (sentence) => {
        say(wanted && sentence);
        if (sentence) settle();
      },
    };
  });

  hx.view("card", (root) => ({
    result: ({ model }) => {
      const rows = model.rows.map(([name, value]) =>
        hx.make("div", {}, hx.make("dt", { text: name }), hx.make("dd", { text: value })),
      );
      root.replaceChildren(
        hx.make("h2", { text: "This model" }),
        hx.make("p", { text: model.title }),
        hx.make("dl", {}, ...rows),
      );
    },
  }));

  // A quiet line above what another model than the chosen one has made.
  const showSources = () => {
    if (!hx.result) return;
    for (const line of document.querySelectorAll(".hx-source")) {
      const sentence = hx.result.sources[line.dataset.view];
      line.textContent = sentence || "";
      line.hidden = !sentence;
    }
  };
  hx.on("result", showSources);
  hx.on("mount", showSources);
})();
