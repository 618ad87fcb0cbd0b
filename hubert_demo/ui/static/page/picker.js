// Which model listens: the picker, and the wait for one that has to be fetched.

import { askUntilReady, sentenceOf } from "../core/ask.js";
import { make, say } from "../core/dom.js";
import { emit } from "../core/events.js";
import { store } from "../core/store.js";

/** @import { Mount } from "../core/types.js" */

/** @type {Mount} */
export const mount = (root, page) => {
  const select = /** @type {HTMLSelectElement} */ (root.querySelector("select"));
  const first = select.value;
  /** What the visitor has chosen and not got yet. @type {string | null} */
  let wanted = null;
  // Said here too: on a phone the page's own messages are out of sight from here.
  const line = make("p", { class: "hx-quiet", hidden: true, "data-testid": "picker-line" });
  root.append(line);

  const settle = () => {
    wanted = null;
    select.value = store.result ? store.result.checkpoint : first;
  };

  // Waits until the server has the model; nothing where the visitor wants another one by now.
  const fetched = (/** @type {string} */ checkpoint) => {
    const request = { checkpoint, begin: true };
    return askUntilReady(page, "fetch", request, (answer) => {
      request.begin = false;
      if (wanted === checkpoint && answer?.ready === false) emit("busy", answer.text);
      return wanted === checkpoint;
    });
  };

  select.addEventListener("change", async () => {
    const checkpoint = select.value;
    wanted = checkpoint;
    try {
      if (!(await fetched(checkpoint))) return;
      const { token, title, example } = store.result || {};
      page.trigger("choose", { checkpoint, token, title, example });
    } catch (problem) {
      const rest = store.result ? ` Still using ${store.result.model.title}.` : "";
      emit("busy", null);
      emit("error", `${sentenceOf(problem)}${rest}`);
    }
  });

  return {
    // What was begun before, by the model that was there before, does not undo the choice.
    result: ({ checkpoint }) => {
      if (!wanted || wanted === checkpoint) settle();
    },
    busy: (sentence) => say(line, wanted && sentence ? `${sentence} …` : ""),
    error: (sentence) => {
      say(line, wanted && sentence);
      if (sentence) settle();
    },
  };
};
