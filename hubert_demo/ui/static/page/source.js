// What Gradio's recorder is doing, which it tells by its buttons alone.

const button = (/** @type {string} */ selector) =>
  /** @type {HTMLElement | null} */ (document.querySelector(`#hx-recorder ${selector}`));

/** What stops the recording; null where none is under way. */
export const stopButton = () => {
  const found = button(".stop-button");
  return found?.offsetParent ? found : null;
};

/** Whether what is being sent comes from the microphone. */
export const isRecorded = () => Boolean(button('[aria-label="Record audio"].selected'));

/**
 * Has it ready for the next recording: after one whose upload has failed it waits for ever. After a file's it is ready
 * by itself, and would break if it was opened anew before.
 */
export const emptyRecorder = () => setTimeout(() => {
  if (stopButton() || !isRecorded()) return;
  button('[aria-label="Upload file"]')?.click();
  setTimeout(() => button('[aria-label="Record audio"]')?.click());
});
