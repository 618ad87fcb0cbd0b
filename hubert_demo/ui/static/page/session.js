// The channel from Python: one message a value, of kind busy, result or error.

import { clock } from "../core/clock.js";
import { sentenceOf } from "../core/ask.js";
import { emit } from "../core/events.js";
import { fetchPartsBy, fetchTimeline, once } from "../core/mount.js";
import { showResult, store } from "../core/store.js";

/** @import { Message, Mount, ResultMessage } from "../core/types.js" */

/** @type {Mount} */
export const mount = (_root, page) => {
  let asked = false; // whether the visitor has begun something of their own
  let newest = "";

  const receive = () => {
    if (!page.props.value) return;
    /** @type {Message} */
    const message = JSON.parse(page.props.value);
    // Whoever has begun something of their own is no longer to be greeted.
    if (message.welcome && asked) return;
    asked = asked || !message.welcome;
    if (message.kind === "result") result(message);
    else if (message.kind === "busy") busy(message.text);
    else fail(message.text);
  };

  const busy = (/** @type {string} */ sentence) => {
    newest = "";
    delete document.body.dataset.hxReady;
    emit("busy", sentence);
  };

  const fail = (/** @type {string} */ sentence) => {
    emit("busy", null);
    emit("error", sentence);
    if (store.result) document.body.dataset.hxReady = store.result.token;
  };

  // What was on show stays until the timeline of the new result is here, which every view needs.
  const result = async (/** @type {ResultMessage} */ message) => {
    newest = message.token;
    try {
      const timeline = await fetchTimeline(message, () => newest === message.token);
      if (!timeline) return;
      delete document.body.dataset.hxComplete;
      clock.load(timeline);
      emit("busy", null);
      emit("error", null);
      showResult({ ...message, timeline });
      emit("tick");
      readBetter(message);
    } catch (problem) {
      fail(sentenceOf(problem));
    }
  };

  // A search takes a moment: until then the greedy words are on show. Where it fails they stay, and the view that shows
  // both says why.
  const readBetter = async (/** @type {ResultMessage} */ { token, parts }) => {
    if (!parts.includes("reading")) return;
    const reading = await once(token, "reading").catch(() => null);
    if (reading && store.result?.token === token) clock.read(reading.words);
  };

  fetchPartsBy(page);
  page.watch("value", receive);
  receive();
  return {};
};
