// Gradio's recorder takes what the browser calls audio. A sound in a .webm or .mp4 is called a video by its name
// alone: it is handed on as the audio that it holds, and the file dialogue shows such files too.
(() => {
  "use strict";

  const ALSO = ["video/webm", "video/mp4", "video/3gpp", "video/quicktime", "video/x-matroska"];

  const isVideo = (file) => file.type.startsWith("video/");
  const asAudio = (file) =>
    isVideo(file) ? new File([file], file.name, { type: file.type.replace("video/", "audio/") }) : file;

  // The same files as audio, or null where there is nothing to change.
  const changed = (files) => {
    if (![...files].some(isVideo)) return null;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(asAudio(file));
    return transfer;
  };

  const inRecorder = (event) => event.target.closest && event.target.closest("#hx-recorder");
  // While the event is still on its way down, so that Gradio meets the changed files.
  const before = (name, listener) =>
    document.addEventListener(name, (event) => inRecorder(event) && listener(event), true);

  before("click", ({ target }) => {
    if (target.type === "file" && !target.accept.includes(ALSO[0])) target.accept += `, ${ALSO.join(", ")}`;
  });

  before("change", ({ target }) => {
    const transfer = target.type === "file" && changed(target.files);
    if (transfer) target.files = transfer.files;
  });

  before("drop", (event) => {
    const transfer = event.dataTransfer && changed(event.dataTransfer.files);
    if (!transfer) return;
    event.preventDefault();
    event.stopPropagation();
    event.target.dispatchEvent(
      new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }),
    );
  });
})();
