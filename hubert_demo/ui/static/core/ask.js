// Asking the server about the result on show.

import { store } from "./store.js";

/** @import { Page } from "./types.js" */

const UNREACHABLE = "The server cannot be reached. Check the connection and try again.";

/**
 * Ask until the answer is ready: a slow one comes after the server has said several times that it is not.
 * @param {Page} page whose server function it is
 * @param {string} name of the function
 * @param {object} request
 * @param {(answer: any) => boolean} isWanted whether to go on; told every answer that is not ready
 * @returns {Promise<any>} the answer; null where it is no longer wanted
 * @throws {Error} with a sentence, where the server refuses or is out of reach
 */
export const askUntilReady = async (page, name, request, isWanted) => {
  for (;;) {
    const answer = await page.server[name](request).catch(() => null);
    if (!isWanted(answer)) return null;
    if (!answer) throw new Error(UNREACHABLE);
    if (answer.ok === false) throw new Error(answer.error);
    if (answer.ready !== false) return answer;
  }
};

/**
 * A question about the result on show, of which only the newest counts.
 * @param {Page} page
 * @param {string} name of the server function
 * @param {HTMLElement} [place] of the answer, marked as busy until it is there
 */
export const question = (page, name, place) => {
  let newest = 0;
  const rest = () => place?.removeAttribute("aria-busy");
  /**
   * @param {object} [request]
   * @returns {Promise<any>} the answer; null where another was asked since, or the result is no longer on show
   * @throws {Error} with a sentence; not where the answer is no longer wanted
   */
  const ask = async (request = {}) => {
    const number = ++newest;
    const token = store.result?.token;
    const isWanted = () => number === newest && token === store.result?.token;
    place?.setAttribute("aria-busy", "true");
    try {
      return await askUntilReady(page, name, { ...request, token }, isWanted);
    } finally {
      if (isWanted()) rest();
    }
  };
  return {
    ask,
    /**
     * Asks, and says how it went; nothing where the answer is no longer wanted.
     * @param {object} request
     * @param {(answer: any) => void} show
     * @param {(sentence: string) => void} complain
     */
    put: (request, show, complain) =>
      ask(request).then((answer) => answer && show(answer), (problem) => complain(sentenceOf(problem))),
    /** What was asked is no longer wanted. */
    forget: () => {
      newest++;
      rest();
    },
  };
};

/**
 * The sentence of whatever was thrown.
 * @param {unknown} problem
 */
export const sentenceOf = (problem) => (problem instanceof Error ? problem.message : String(problem));
