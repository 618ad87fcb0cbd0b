// A link to what is on show: copied, or, where the browser does not let a page copy, in a field to copy from.

import { button, iconButton, make } from "../core/dom.js";
import { hasOwnStates, isOwn, linkToThis } from "./address.js";

const COPIED = "Link copied.";
const SELECTED = "Copy this link.";
const OWN_STATES = "States patched in from your own recording are not in the link.";
const OWN = "Your recording stays here: the link opens this view with the first example.";

/** The button, and what is said where it was pressed. */
export const shareButton = () => {
  const status = make("div", { role: "status", "data-testid": "share-status" });
  const field = make("input", {
    type: "text", readonly: true, hidden: true, "aria-label": "Link to this view", "data-testid": "share-link",
  });
  const close = iconButton("close", "Close", () => shut(), { class: "hx-close", "data-testid": "share-close" });
  // Always there: what appears together with its words is not spoken.
  const answer = make("div", { class: "hx-shared is-shut" }, make("div", { class: "hx-bar" }, status, close), field);

  const shut = () => {
    const hadFocus = answer.contains(document.activeElement);
    answer.classList.add("is-shut");
    close.hidden = field.hidden = true;
    status.textContent = "";
    if (hadFocus) press.focus();
  };

  const share = async () => {
    shut();
    const link = linkToThis();
    const isCopied = await copied(link);
    const lacks = isOwn() ? [OWN] : hasOwnStates() ? [OWN_STATES] : [];
    status.textContent = [isCopied ? COPIED : SELECTED, ...lacks].join(" ");
    field.value = link;
    answer.classList.remove("is-shut");
    close.hidden = false;
    field.hidden = isCopied;
    if (isCopied) return;
    field.focus();
    field.select();
  };

  const press = button("Share", share, "share", "hx-share");
  press.title = "Copy a link to exactly this view";
  const element = make("div", { class: "hx-sharing" }, press, answer);
  element.addEventListener("keydown", ({ key }) => key === "Escape" && shut());
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !element.contains(target)) shut();
  });
  shut();
  return [element];
};

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it could be copied: some browsers, frames and addresses do not let a page do that
 */
const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
};
