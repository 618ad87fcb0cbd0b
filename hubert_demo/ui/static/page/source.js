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

/** Has it ready for the next recording: it waits for ever after an upload that has failed. */
export const emptyRecorder = () => setTimeout(() => {
  if (stopButton()) return;
  const [microphone, upload] = ["Record audio", "Upload file"].map((name) => button(`[aria-label="${name}"]`));
  const [open, other] = isRecorded() ? [microphone, upload] : [upload, microphone];
  other?.click();
  setTimeout(() => open?.click());
});
