// How much of sound, pitch and voice each layer keeps, as it was measured on other speakers.

import { layerChart } from "../core/chart.js";
import { make, say } from "../core/dom.js";

/** @import { KeptSound } from "../core/types.js" */

/**
 * What the three lines are, and whom they were measured on.
 * @param {Pick<KeptSound, "num_clips" | "num_speakers">} kept
 */
export const keptNote = ({ num_clips: clips, num_speakers: speakers }) =>
  `Not of this recording: measured on ${clips} others, by ${speakers} speakers whom neither model nor decoders had ` +
  "heard. Spectrum: the share of its variance that the decoder explains; 0 by chance. Pitch: correlation of the " +
  "pitch of the layer’s sound with the recording’s; 0 by chance. Speaker: the share of frames in which a linear " +
  "probe of the layer tells who is speaking; by chance: always naming the one who speaks most.";

/** @param {(layer: number) => void} choose is called at a press */
export const keptChart = (choose) => {
  const chart = layerChart("What each layer keeps of a voice", choose, "chart-kept");
  const note = make("p", { class: "hx-quiet", "data-testid": "kept-note" });
  chart.element.append(note);
  chart.element.classList.add("hx-kept");
  chart.element.hidden = true;
  return {
    element: chart.element,
    /** @param {KeptSound | null} kept @param {number} layer */
    show: (kept, layer) => {
      chart.element.hidden = !kept;
      if (!kept) return;
      const count = kept.share.length;
      say(note, keptNote(kept));
      chart.show({ layer, count, range: [Math.min(0, ...kept.pitch, ...kept.share), 1], lines: [
        { name: "spectrum", values: kept.share, kind: "hx-tone-1" },
        { name: "pitch", values: kept.pitch, kind: "hx-tone-2" },
        { name: "speaker", values: kept.speaker, kind: "hx-tone-3" },
        { name: "speaker by chance", values: Array(count).fill(kept.speaker_by_chance),
          kind: "hx-tone-3 is-chance", dots: false },
      ] });
    },
  };
};
