// Gradio's recorder takes what the browser calls audio, and says nothing of the rest. A sound in a .webm or .mp4 is
// called a video by its name alone, and many a sound nothing at all: every file is handed on as audio, and the server
// says what it is. The file dialogue shows more than audio too. A file that the server would refuse for its size is
// refused here, with a reason.

import { emit } from "../core/events.js";
import { facts } from "../core/store.js";

const VIDEOS = ["video/webm", "video/mp4", "video/3gpp", "video/quicktime", "video/x-matroska"];
// What browsers have no type for, and .m4a, which phones grey out otherwise.
const ENDINGS = [
  ".m4a", ".caf", ".bwf", ".wave", ".w64", ".rf64", ".amr", ".aif", ".aiff", ".aifc", ".au", ".snd", ".oga", ".opus",
  ".mka", ".mkv", ".mov", ".mts", ".3gp", ".wma",
];

const audioType = (/** @type {File} */ { type }) =>
  /^(audio|video)\//.test(type) ? type.replace("video/", "audio/") : "audio/wav";
const asAudio = (/** @type {File} */ file) =>
  audioType(file) === file.type ? file : new File([file], file.name, { type: audioType(file) });

/**
 * The same files as audio, or null where there is nothing to change.
 * @param {FileList} files
 */
const changed = (files) => {
  if ([...files].every((file) => asAudio(file) === file)) return null;
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(asAudio(file));
  return transfer;
};

/**
 * Whether files are too large to send; the visitor is told.
 * @param {FileList} files
 */
const tooLarge = (files) => {
  const most = facts().max_upload_mb;
  const file = [...files].find(({ size }) => size > most * 2 ** 20);
  if (!file) return false;
  const megabytes = Math.round(file.size / 2 ** 20);
  emit("error", `${file.name} is ${megabytes} MB; the limit is ${most} MB. Make it shorter.`);
  return true;
};

/**
 * Hears of an event in the recorder while it is still on its way down, so that Gradio meets the changed files.
 * @template {"click" | "change" | "drop"} Name
 * @param {Name} name
 * @param {(event: DocumentEventMap[Name]) => void} listener
 */
const before = (name, listener) =>
  document.addEventListener(name, (event) => {
    if (event.target instanceof Element && event.target.closest("#hx-recorder")) listener(event);
  }, true);

/** @param {EventTarget | null} target */
const fileInput = (target) => (target instanceof HTMLInputElement && target.type === "file" ? target : null);

before("click", ({ target }) => {
  const input = fileInput(target);
  if (input && !input.accept.includes(VIDEOS[0])) input.accept += `, ${[...VIDEOS, ...ENDINGS].join(", ")}`;
});

before("change", (event) => {
  const input = fileInput(event.target);
  if (!input?.files) return;
  if (tooLarge(input.files)) {
    event.stopPropagation();
    input.value = "";
    return;
  }
  const transfer = changed(input.files);
  if (transfer) input.files = transfer.files;
});

before("drop", (event) => {
  if (!event.dataTransfer) return;
  const refused = tooLarge(event.dataTransfer.files);
  const transfer = refused ? null : changed(event.dataTransfer.files);
  if (!refused && !transfer) return;
  event.preventDefault();
  event.stopPropagation();
  if (refused) return;
  event.target?.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
});

// What the microphone is refused for, by the name of the browser's error. Gradio says nothing of it.
const MICROPHONE = /** @type {Record<string, string>} */ ({
  NotAllowedError:
    "The browser has blocked the microphone. Allow it next to the page’s address, then press record again, or upload a "
    + "file.",
  NotFoundError: "No microphone was found. Connect one, then press record again, or upload a file.",
  NotReadableError:
    "The microphone cannot be used: another program may be using it. Close that program, then press record again.",
});
const INSECURE =
  "Browsers allow the microphone only on secure pages. Open the page over https or on localhost, or upload a file.";
const OTHER = "The microphone cannot be used. Check it, then press record again, or upload a file.";

before("click", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest(".record-button")) return;
  emit("error", null);
  if (navigator.mediaDevices) return;
  event.stopPropagation();
  emit("error", INSECURE);
});

/** @param {{ name: string }} problem */
export const microphoneProblem = ({ name }) => MICROPHONE[name] ?? OTHER;

const { mediaDevices } = navigator;
if (mediaDevices) {
  const get = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (wanted) => get(wanted).catch((problem) => {
    emit("error", microphoneProblem(problem));
    throw problem;
  });
}
