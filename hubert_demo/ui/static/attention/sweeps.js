// Sweeps: every head, layer and feed-forward off in turn, every word silenced in turn. One at a time, of the recording
// as it is without changes; what has been found stays while that is on show, whatever is changed meanwhile.

import { askUntilReady, sentenceOf } from "../core/ask.js";
import { button, labelled, make, say, segments, select } from "../core/dom.js";
import { once } from "../core/mount.js";
import { choose, store } from "../core/store.js";
import { MEASURES, measuredBy } from "./effects.js";
import { silencedWords } from "./silenced.js";

/** @import { HeadSweepAnswer, KeywordsPart, Page, Progress } from "../core/types.js" */
/** @import { Result, WordSweepAnswer } from "../core/types.js" */
/** @import { Measure } from "./effects.js" */
/** @import { switchBoard } from "./switches.js" */

/** @typedef {"heads" | "words"} What */
/** @typedef {{ what: What, token: string, keyword: string | null }} Asked */

const CLEAREST = "";
const CHOICES = /** @type {const} */ ({ heads: "head_sweep", words: "word_sweep" });
const SOUND = "Silences one word’s sound at a time, and measures what that does to the transcript and to one " +
  "probability.";

const EMPTY = "No speech was recognised: the loss is that of an empty text. ";

const UNCHANGED = "This is measured on the model as it is without your changes.";

/** @param {number | null} chance */
const oneIn = (chance) => `1 in ${Math.round(1 / (chance || 1))}`;

/**
 * What a sweep over heads shows, and what marks mean.
 * @param {HeadSweepAnswer} sweep
 * @param {Measure} measure
 */
export const aboutHeads = (sweep, measure) => {
  const of = {
    loss_rise: "Rise of the greedy transcript’s CTC loss, in nats, with this alone switched off",
    characters_changed: "Characters of the greedy transcript that change with this alone switched off",
    keyword_change:
      `Percentage points by which the probability of “${sweep.keyword}” changes with this alone switched off`,
  }[measure];
  const uncompared = sweep.by_chance === null ? "" : ", and are not compared with chance";
  return `${of}. ${sweep.has_text ? "" : EMPTY}${framedIn(sweep)}` +
    `Layers and feed-forwards (FF) have a scale of colours of their own${uncompared}.`;
};

/** Which heads are framed, and how many chance would frame. @param {HeadSweepAnswer} sweep */
const framedIn = ({ by_chance: chance, is_marked: marked, num_done: done, num_passes: all }) => {
  const count = marked.flat().filter(Boolean).length;
  if (chance === null || (!count && done < all)) return "";
  const parts = `of 50 random parts of the same layer that are as large as a head (by chance ${oneIn(chance)}). `;
  if (!count) return `No head is framed: each matters no more than some ${parts}`;
  const heads = count === 1 ? "1 head" : `${count} heads`;
  return `Framed: ${heads}, without which the loss rises more than without any ${parts}`;
};

/**
 * @param {Page} page
 * @param {ReturnType<typeof switchBoard>} board
 */
export const sweeps = (page, board) => {
  /** Of which recording what is on show is. @type {string | null} */
  let ticket = null;
  /** @type {Asked | null} */
  let running = null;
  /** What has been measured to its end. @type {Partial<Record<What, Asked>>} */
  let whole = {};
  /** @type {HeadSweepAnswer | null} */
  let heads = null;
  /** @type {Measure} */
  let measure = "loss_rise";
  const words = silencedWords();

  const bars = { heads: progressLine(() => stop()), words: progressLine(() => stop()) };
  const starts = {
    heads: button("Every head off in turn", () => start("heads"), "sweep-heads"),
    words: button("Each word silenced in turn", () => start("words"), "sweep-words"),
  };
  starts.heads.title = "Runs the model once for each head, layer and feed-forward; then with 50 random projections " +
    "of each layer left out, to compare with";
  starts.words.title = "Runs the model with each word silenced; then with as long silences elsewhere, to compare with";
  const keywords = select("sweep-keyword", [[CLEAREST, "the likeliest"]], () => {});
  const following = labelled("Probability to follow", keywords, { hidden: true });
  const measures = segments("What the colours show", MEASURES.map(([name, text]) => [name, text]), measure, (name) => {
    measure = name;
    show();
  });
  const unable = make("p", { class: "hx-quiet", hidden: true, "data-testid": "sweep-unable" });
  const note = make("p", { class: "hx-quiet", hidden: true, "data-testid": "sweep-note" });
  measures.element.hidden = true;
  const unchanged = ["heads", "words"].map((what) =>
    make("p", { class: "hx-quiet", hidden: true, text: UNCHANGED, "data-testid": `${what}-unchanged` }));

  const show = () => {
    measures.element.hidden = note.hidden = !heads;
    if (!heads) return board.show(null);
    const { effects } = heads;
    const known = MEASURES.map(([name]) => name).filter((name) => effects[name].flat().some((value) => value !== null));
    const shown = known.includes(measure) ? measure : known[0] ?? measure;
    [...measures.element.children].forEach((each, i) => {
      /** @type {HTMLButtonElement} */ (each).disabled = !known.includes(MEASURES[i][0]);
    });
    measures.choose(shown);
    board.show(measuredBy(heads, shown));
    note.textContent = aboutHeads(heads, shown);
  };

  /** @param {What} what @param {any} answer as far as it is */
  const tell = (what, answer) => {
    if (!("num_done" in answer)) return;
    bars[what].show(answer);
    if (what === "words") return words.show(/** @type {WordSweepAnswer} */ (answer));
    heads = answer;
    return show();
  };

  // What is whole can be downloaded, where it is of what is on show.
  const offer = () => Object.values(whole).forEach(({ what, token, keyword }) => {
    if (store.result?.token === token) choose({ [CHOICES[what]]: keyword ?? "clearest" });
  });

  // One that nobody waits for any more ends on the server.
  const stop = (/** @type {string} */ sentence = "") => {
    if (!running) return;
    const { what, ...asked } = running;
    running = null;
    bars[what].rest(sentence);
    page.server.stop_sweep({ ...asked, what }).catch(() => {});
  };

  /** @param {What} what */
  const start = async (what) => {
    const { result } = store;
    if (!result) return;
    stop("Stopped, because something else is being measured now.");
    const borrowed = what === "heads" && "keywords" in result.sources;
    const keyword = borrowed ? null : keywords.value || null;
    const mine = { what, token: result.before ?? result.token, keyword };
    running = mine;
    bars[what].begin();
    const isWanted = (/** @type {any} */ answer) => {
      if (running === mine && answer?.ok) tell(what, answer);
      return running === mine;
    };
    try {
      await askUntilReady(page, "sweep", mine, isWanted);
      if (running === mine) bars[what].rest();
      if (running === mine) whole[what] = mine;
      offer();
    } catch (problem) {
      if (running === mine) bars[what].rest(sentenceOf(problem));
    }
    if (running === mine) running = null;
  };

  // The keywords that the models tell, which another part says.
  const offerKeywords = async (/** @type {Result} */ { token }) => {
    /** @type {KeywordsPart | null} */
    const part = await once(token, "keywords").catch(() => null);
    if (store.result?.token !== token) return;
    const labels = labelsOf(part);
    following.hidden = !labels.length;
    const chosen = keywords.value;
    keywords.replaceChildren(...[[CLEAREST, "the likeliest"], ...labels.map((label) => [label, label])]
      .map(([value, text]) => make("option", { value, text })));
    keywords.value = labels.includes(chosen) ? chosen : CLEAREST;
  };

  return {
    heads: [make("div", { class: "hx-sweep-bar" }, starts.heads, following, bars.heads.element), unable, unchanged[0],
      note],
    measures: measures.element,
    words: make("div", { class: "hx-card hx-switches-card" },
      make("h2", { text: "Which sound made these words" }),
      make("p", { class: "hx-quiet", text: SOUND }),
      make("div", { class: "hx-sweep-bar" }, starts.words, bars.words.element), unchanged[1],
      ...words.elements),
    draw: words.draw,
    /** @param {Result} result */
    begin: (result) => {
      offerKeywords(result);
      starts.heads.disabled = Boolean(result.why_not.head_sweep);
      say(unable, result.why_not.head_sweep);
      for (const line of unchanged) line.hidden = !result.changes;
      // Choices that do not fit the result are dropped first.
      queueMicrotask(offer);
      if (result.ticket === ticket) return;
      stop();
      whole = {};
      ticket = result.ticket;
      heads = null;
      for (const bar of Object.values(bars)) bar.rest();
      words.show(null);
      show();
    },
  };
};

/**
 * Whose probabilities the models tell.
 * @param {KeywordsPart | null} part
 */
const labelsOf = (part) => {
  if (part?.classification) return part.classification.problem === "regression" ? [] : part.classification.labels;
  return part?.scores?.labels.filter((_, i) => part.scores?.is_command[i]) ?? [];
};

/** How far a sweep is, and the button that ends it. @param {() => void} onstop */
const progressLine = (onstop) => {
  const bar = make("progress", { max: 1, value: 0, "aria-label": "How far it is" });
  const text = make("span", { class: "hx-quiet" });
  const end = button("Stop", onstop, "sweep-stop");
  const problem = make("p", { class: "hx-quiet", role: "alert", hidden: true, "data-testid": "sweep-problem" });
  const line = make("span", { class: "hx-sweep-progress", hidden: true, "data-testid": "sweep-progress" },
    bar, text, end);
  return {
    element: make("span", { class: "hx-sweep-state", role: "status" }, line, problem),
    begin: () => {
      say(problem);
      line.hidden = false;
      bar.removeAttribute("value");
      text.textContent = "Waiting …";
    },
    /** @param {Progress} progress */
    show: ({ num_done: done, num_passes: all }) => {
      bar.value = done / all;
      text.textContent = `${done} of ${all} passes`;
    },
    /** @param {string} [sentence] why there is nothing */
    rest: (sentence) => {
      line.hidden = true;
      say(problem, sentence);
    },
  };
};
