// What the browser keeps for the page. Some give a page within another site's none, and throw where it is looked for:
// then it is kept until the page is left.

/**
 * @param {"localStorage" | "sessionStorage"} name
 * @returns {Pick<Storage, "getItem" | "setItem" | "removeItem">}
 */
export const storage = (name) => {
  try {
    return window[name];
  } catch {
    /** @type {Map<string, string>} */
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  }
};
