// The channel from Python: one message a value, of kind busy, result, part or error.

import { sentenceOf } from "../core/ask.js";
import { clock } from "../core/clock.js";
import { emit, on } from "../core/events.js";
import { fetchPartsBy, fetchTimeline, once, whenMounted } from "../core/mount.js";
import { isOfSame, resultOnShow, showResult, store } from "../core/store.js";
import { arrive, dropLink, namesExample, wantedBy } from "./address.js";
import { claimed, forget, keepClaim, lostTitles, patchSources, recents } from "./memory.js";
import { named, sendLost, settle } from "./unsent.js";

/** @import { Message, Mount, ResultMessage } from "../core/types.js" */
/** @import { Wanted } from "./address.js" */
/** @import { Recent } from "./memory.js" */

const PATIENCE_MS = 400; // what takes no longer is not said to be under way

/** @type {Mount} */
export const mount = (_root, page) => {
  let asked = false; // whether the visitor has begun something of their own
  let newest = "";
  /** What is being opened again. @type {Recent | null} */
  let reopened = null;
  /** Whose timeline could not be had. @type {ResultMessage | null} */
  let missed = null;
  /** Names of what the page was sending when it was loaded anew. */
  let lost = lostTitles;
  /** Shown where there is nothing else to show. @type {ResultMessage | null} */
  let greeting = null;
  let opening = false; // what a link wants
  let patience = 0; // a timer, while something is changed
  let latest = 0; // number of the latest request for what there was before, with some changes

  const receive = () => {
    if (!page.props.value) return;
    /** @type {Message} */
    const message = JSON.parse(page.props.value);
    // Something else is wanted by now.
    if ("asked" in message && (message.asked ?? 0) < latest) return;
    clearTimeout(patience);
    if (message.kind === "result" && message.welcome) greeting = message;
    // Whoever has begun something of their own is no longer to be greeted.
    if (message.welcome && asked) return;
    if (message.welcome && message.kind === "result" && goOn(message)) return;
    asked = asked || !message.welcome;
    if (message.kind !== "result" && !message.welcome) keepClaim(message.claim);
    if (message.kind !== "busy" || message.claim) settle(message.title);
    if (message.kind === "result") result(message);
    else if (message.kind === "busy") busy(message.text);
    else if (message.kind === "part") offer(message);
    else if (message.again) gone(message.text);
    else giveUp(message.text);
  };

  const busy = (/** @type {string} */ sentence) => {
    newest = "";
    delete document.body.dataset.hxReady;
    emit("busy", sentence);
  };

  const fail = (/** @type {string} */ sentence) => {
    opening = false;
    emit("busy", null);
    emit("error", sentence);
    if (store.result) document.body.dataset.hxReady = store.result.token;
  };

  const offer = (/** @type {object} */ message) => {
    fail("");
    emit("offer", message);
  };

  const again = (/** @type {string} */ sentence, /** @type {object} */ request, event = "again") => {
    asked = true;
    busy(sentence);
    page.trigger(event, request);
  };

  const reopen = (/** @type {Recent} */ recent) => {
    reopened = recent;
    const { ticket, title, example, changes } = recent;
    again("Reopening the recording", { ticket, title, example, changes, sources: patchSources() });
  };

  /** The same recording with nothing but some changes. @param {readonly string[]} texts */
  const change = (texts) => {
    const { ticket, title, example } = resultOnShow();
    asked = true;
    reopened = null;
    newest = "";
    delete document.body.dataset.hxReady;
    clearTimeout(patience);
    patience = window.setTimeout(() => emit("busy", "Changing the model"), PATIENCE_MS);
    page.trigger("again", { ticket, title, example, changes: texts.join(","), sources: patchSources() });
  };

  /** What a link wants; null where it wants no more than is on show. @param {Wanted | null} wanted */
  const open = async (wanted) => {
    if (!wanted && !opening) return;
    if (wanted) {
      opening = asked = true;
      busy("Opening the link");
    } else {
      fail("");
    }
    await whenMounted("picker");
    emit("listen", wanted && { ...wanted, isHere: wanted.checkpoint === greeting?.checkpoint });
  };

  /**
   * After a reload, where this tab was; Gradio reloads the page, too, when its connection was lost. An example that the
   * address names wins over what the tab has shown last: that is its own address otherwise.
   * @param {ResultMessage} welcome
   */
  const goOn = (welcome) => {
    const [claim, [latest]] = [claimed(), recents()];
    if (claim) again("Continuing the analysis that was under way", { claim });
    else if (latest && !namesExample()) reopen(latest);
    else open(wantedBy(welcome));
    return asked;
  };

  // The server keeps results for a while only.
  const gone = async (/** @type {string} */ sentence) => {
    if (reopened) forget(reopened.ticket);
    await giveUp(sentence);
  };

  const giveUp = async (/** @type {string} */ sentence) => {
    if (!store.result && greeting) await result(greeting);
    dropLink();
    fail(sentence);
  };

  // What was on show stays until the timeline of the new result is here, which every view needs.
  const result = async (/** @type {ResultMessage} */ message) => {
    newest = message.token;
    missed = null;
    try {
      const timeline = await fetchTimeline(message, () => newest === message.token);
      if (!timeline) return;
      delete document.body.dataset.hxComplete;
      clock.load(timeline, isOfSame(message));
      emit("busy", null);
      emit("error", null);
      showResult({ ...message, timeline });
      keepClaim(undefined);
      emit("tick");
      opening = false;
      arrive();
      readBetter(message);
      if (lost.length) emit("error", sayLost(lost));
      lost = [];
    } catch (problem) {
      missed = message;
      fail(sentenceOf(problem));
    }
  };

  // A search takes a moment: until then the greedy words are on show. Where it fails they stay, and the view that shows
  // both says why.
  const readBetter = async (/** @type {ResultMessage} */ { token, parts }) => {
    if (!parts.includes("reading")) return;
    const reading = await once(token, "reading").catch(() => null);
    if (!reading || store.result?.token !== token) return;
    clock.read(reading.words);
    emit("read");
  };

  // After a short drop of the network; not where something else was begun since.
  on("online", () => {
    if (missed && missed.token === newest) result(missed);
  });
  on("trigger", ({ event, data }) => {
    if (event === "again") latest = data.asked;
  });
  on("reopen", reopen);
  on("change", change);
  on("resend", (request) => again(`Sending ${named(request.title)} again`, request, "resend"));
  // Answers broke off; the server can be reached again.
  on("cut", () => {
    const claim = claimed();
    if (sendLost()) return;
    if (claim) again("Continuing the analysis that was under way", { claim });
    else if (!store.result) location.reload();
    else fail("The connection was lost before the answer came. Ask for it again.");
  });
  on("link", open);
  on("fail", giveUp);
  fetchPartsBy(page);
  page.watch("value", receive);
  receive();
  return {};
};

/** @param {readonly string[]} titles of what the server has not read before the page was loaded anew */
const sayLost = (titles) => {
  const [which, it] = titles.length > 1 ? [`${titles.length} recordings were`, "them"] : [`${titles[0]} was`, "it"];
  return `${which} not received before the page was reloaded. Choose or record ${it} again.`;
};
