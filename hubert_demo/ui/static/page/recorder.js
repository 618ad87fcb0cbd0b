// Gradio's recorder takes what the browser calls audio. A sound in a .webm or .mp4 is called a video by its name
// alone: it is handed on as the audio that it holds, and the file dialogue shows such files too. A file that the
// server would refuse for its size is refused here, with a reason.
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

  // Whether files are too large to send; the visitor is told.
  const tooLarge = (files) => {
    const most = Number(document.querySelector(".hx-note").dataset.maxMb);
    const file = [...files].find(({ size }) => size > most * 2 ** 20);
    if (!file) return false;
    const megabytes = Math.round(file.size / 2 ** 20);
    window.hx.emit("error", `${file.name} has ${megabytes} MB; at most ${most} MB can be sent. Cut it shorter.`);
    return true;
  };

  const inRecorder = (event) => event.target.closest && event.target.closest("#hx-recorder");
  // While the event is still on its way down, so that Gradio meets the changed files.
  const before = (name, listener) =>
    document.addEventListener(name, (event) => inRecorder(event) && listener(event), true);

  before("click", ({ target }) => {
    if (target.type === "file" && !target.accept.includes(ALSO[0])) target.accept += `, ${ALSO.join(", ")}`;
  });

  before("change", (event) => {
    const { target } = event;
    if (target.type !== "file") return;
    if (tooLarge(target.files)) {
      event.stopPropagation();
      target.value = "";
      return;
    }
    const transfer = changed(target.files);
    if (transfer) target.files = transfer.files;
  });

  before("drop", (event) => {
    if (!event.dataTransfer) return;
    const refused = tooLarge(event.dataTransfer.files);
    const transfer = !refused && changed(event.dataTransfer.files);
    if (!refused && !transfer) return;
    event.preventDefault();
    event.stopPropagation();
    if (refused) return;
    event.target.dispatchEvent(
      new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }),
    );
  });
})();
