// Which model listens: the picker, and the wait for one that has to be fetched.

import { askUntilReady, sentenceOf } from "../core/ask.js";
import { make, say } from "../core/dom.js";
import { emit, on } from "../core/events.js";
import { store } from "../core/store.js";

/** @import { Mount } from "../core/types.js" */
/** @import { Wanted } from "./address.js" */

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
    show(store.result ? store.result.checkpoint : first);
  };

  // One that was named, by the field or by a link, is in the list from then on.
  const show = (/** @type {string} */ checkpoint) => {
    const isListed = [...select.options].some(({ value }) => value === checkpoint);
    if (!isListed) select.append(make("option", { value: checkpoint, text: checkpoint }));
    select.value = checkpoint;
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

  /**
   * Has a model listen, once the server has it.
   * @param {string} checkpoint
   * @param {() => object} recording gives to what
   * @param {boolean} [isHere] whether the server is known to have it
   */
  const listen = async (checkpoint, recording, isHere = false) => {
    wanted = checkpoint;
    try {
      if (isHere || (await fetched(checkpoint))) page.trigger("choose", { checkpoint, ...recording() });
    } catch (problem) {
      const rest = store.result ? ` Still using ${store.result.model.title}.` : "";
      emit("fail", `${sentenceOf(problem)}${rest}`);
    }
  };

  const onShow = () => {
    const { token, title, example } = store.result || {};
    return { token, title, example };
  };

  select.addEventListener("change", () => listen(select.value, onShow));

  root.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (root.querySelector("input"));
    const name = nameIn(field.value);
    if (name) listen(name, onShow);
    else field.focus();
  });

  // By a link; nothing where it is no longer wanted.
  on("listen", (/** @type {(Wanted & { isHere: boolean }) | null} */ link) => {
    if (!link) return settle();
    const [{ checkpoint, example, isHere }, before] = [link, store.result];
    if ([...select.options].some(({ value }) => value === checkpoint)) select.value = checkpoint;
    // What the visitor has begun since then counts.
    const recording = () => (example === undefined || store.result !== before ? onShow() : { example });
    return listen(checkpoint, recording, isHere);
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

/**
 * The name of a repository in what was typed, which may be the address of its page.
 * @param {string} text
 */
export const nameIn = (text) =>
  text.trim().replace(/^(https?:\/\/)?(www\.)?(huggingface\.co|hf\.co)\//, "").replace(/\/(tree\/main)?\/?$/, "")
    .replace(/\/tree\//, "@");
