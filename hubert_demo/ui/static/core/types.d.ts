/**
 * What the server sends, and what the page's modules are to each other. A test holds the server's real answers
 * against the parts below: nothing missing, nothing more.
 */

/** An array as `pack` in views/base.py writes it: element type, shape, little-endian bytes in base64. */
export interface Packed {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: string;
}

/** The typed array in it. */
export type Unpacked = (
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
) & { shape: readonly number[] };

/** Where frames lie in time. */
export interface GridPart {
  readonly hop_s: number;
  readonly first_frame_s: number;
  readonly num_frames: number;
}

export interface Word {
  readonly text: string;
  readonly start_s: number;
  readonly end_s: number;
  readonly confidence: number;
  /** Whether another word, or none, was there before something was changed inside the model. */
  readonly changed?: boolean;
  /** Of the best reading alone: whether the greedy one has another word there, or none. */
  readonly differs?: boolean;
}

/** A word in a row of others, and whether that with which the row is compared has another one there, or none. */
export interface ReadWord {
  readonly text: string;
  readonly differs?: boolean;
}

export interface SpectrogramPart {
  /** uint8 `(frequencies, columns)`, 255 is loudest; a column every `column_s`. */
  readonly spectrogram: Packed;
  readonly column_s: number;
  readonly frequencies_hz: readonly number[];
}

/** A sound to play. */
export interface SoundPart extends SpectrogramPart {
  /** int16 `(samples,)` at `rate_hz`. */
  readonly samples: Packed;
  readonly rate_hz: number;
  readonly duration_s: number;
}

export interface TimelinePart extends GridPart, SoundPart {
  /** What was done to the recording. */
  readonly notes: readonly string[];
  /** Of the greedy reading. */
  readonly words: readonly Word[];
}

/** A row of the emission map, or a token that lies on the best path alone. */
export interface Symbol {
  readonly text: string;
  readonly writes: boolean;
  readonly space: boolean;
}

export interface TextFormat {
  readonly name: string;
  readonly title: string;
}

/** Letters over time, and the most probable path through them. */
export interface LetterPath extends GridPart {
  readonly symbols: readonly Symbol[];
  /** uint8 `(rows, frames)`, 255 is certain; the blank is the last row. */
  readonly emissions: Packed;
  /** int32 `(runs, 3)`: symbol, first frame, the frame after the last. */
  readonly runs: Packed;
  /** The same before something was changed inside the model; null where nothing was that reaches it. */
  readonly runs_before: Packed | null;
}

/** The grid is that of the model that wrote the transcript. */
export interface TranscriptPart extends LetterPath {
  readonly formats: readonly TextFormat[];
  /** Whether a language model has a say in the best reading; where it has none, that is the greedy one. */
  readonly language_model: boolean;
  /** A line on what the confidence of a word is. */
  readonly confidence: string;
  /** The greedy words before something was changed inside the model; null where nothing was that reaches them, and how they differ from those now. */
  readonly greedy_before: readonly ReadWord[] | null;
}

/** The best reading, and the greedy one as far as they differ. */
export interface ReadingPart {
  readonly words: readonly Word[];
  readonly greedy: readonly ReadWord[];
  /** The best reading before something was changed inside the model; null where nothing was that reaches it. */
  readonly before: readonly ReadWord[] | null;
}

/** A command that was heard, and where most clearly. */
export interface HeardCommand {
  readonly label: string;
  readonly probability: number;
  readonly start_s: number;
  readonly end_s: number;
}

export interface KeywordScores {
  /** In order of time. */
  readonly heard: readonly HeardCommand[];
  readonly labels: readonly string[];
  /** Whether a label is one of the commands, rather than "unknown" or "silence". */
  readonly is_command: readonly boolean[];
  readonly probabilities: readonly number[];
  readonly start_s: number;
  readonly end_s: number;
  readonly is_heard: boolean;
  readonly threshold: number;
  readonly layer_weights: readonly number[] | null;
  readonly window_times_s: readonly number[];
  /** float32 `(windows, labels)`. */
  readonly window_probabilities: Packed;
  /** What they were before something was changed inside the model; null where nothing was that reaches them. */
  readonly before: {
    readonly heard: readonly string[];
    /** In the clearest second of before. */
    readonly probabilities: readonly number[];
    /** float32 `(windows, labels)`. */
    readonly window_probabilities: Packed;
  } | null;
}

/** What a classifier says that is no keyword spotter. */
export interface Classification {
  readonly problem: "single_label_classification" | "multi_label_classification" | "regression";
  /** The most probable ones, the most probable first; of numbers as the model names them. */
  readonly labels: readonly string[];
  /** Of all, shown or not. */
  readonly num_labels: number;
  /** Of the whole recording: probabilities, or numbers of a regression. */
  readonly scores: readonly number[];
  /** What they were before something was changed inside the model; null where nothing was. */
  readonly scores_before: readonly number[] | null;
  /** float32 `(windows, labels)`, likewise. */
  readonly window_scores_before: Packed | null;
  /** The probability of each where nothing is known; null where they do not exclude each other. */
  readonly by_chance: number | null;
  readonly window_times_s: readonly number[];
  /** float32 `(windows, labels)`. */
  readonly window_scores: Packed;
  readonly layer_weights: readonly number[] | null;
}

export interface KeywordsPart {
  /** null where no model has a keyword head, or the chosen one classifies something else. */
  readonly scores: KeywordScores | null;
  readonly classification: Classification | null;
}

export interface MapSettings {
  readonly method: string;
  readonly num_neighbours: number;
  readonly metric: string;
  readonly seed: number;
}

export interface LayersPart {
  readonly num_layers: number;
  /** The character recognised in each frame, "" where there is none. */
  readonly tokens: readonly string[];
  /** Groups of letters: a name, and the letters in it. */
  readonly groups: readonly (readonly [string, string])[];
  readonly label_reach_s: number;
  readonly num_units: number;
  readonly max_units: number;
  /** Least and most neighbours. */
  readonly neighbours: readonly number[];
  readonly max_seed: number;
  readonly settings: MapSettings;
}

/** float32 `(frames,)`, NaN where there is none. */
export interface Quantity {
  readonly values: Packed;
  readonly low: number;
  readonly high: number;
  readonly unit: string;
}

export interface LayerCurves {
  readonly norms: readonly number[];
  readonly cosines: readonly number[];
  readonly cka: readonly number[];
  readonly cka_by_chance: readonly number[];
}

export interface LayerMeasuresPart {
  readonly curves: LayerCurves;
  /** What they were before something was changed inside the model; null where nothing was. */
  readonly curves_before: LayerCurves | null;
  /** Likewise: mean cosine of a frame's state and what it was, for each layer and the first one's input. */
  readonly like_before: readonly number[] | null;
  readonly quantities: { readonly energy: Quantity; readonly pitch: Quantity };
}

export interface LayerMap extends MapSettings {
  readonly neighbours_used: number;
  /** float32 `(layers + 1, frames, 2)`. */
  readonly points: Packed;
  readonly trustworthiness: readonly number[];
  /** Share of the nearest neighbours in each layer that are among the nearest on its map. */
  readonly neighbours_kept: readonly number[];
  readonly neighbours_kept_by_chance: number;
  /** How many are looked at of every moment. */
  readonly num_nearest: number;
}

export interface LayerMapPart {
  readonly map: LayerMap;
}

export interface AttentionPart {
  readonly num_layers: number;
  readonly num_heads: number;
  readonly middle_layer: number;
}

export interface HeadsPart {
  /** Each `(layers, heads)`. */
  readonly kinds: readonly (readonly string[])[];
  readonly globalness: readonly (readonly number[])[];
  readonly verticality: readonly (readonly number[])[];
  readonly diagonality: readonly (readonly number[])[];
  /** uint8 `(layers, heads, bins, bins)`, 255 is each head's largest value. */
  readonly maps: Packed;
  readonly frames_per_bin: number;
  readonly query_step: number;
}

/** Of a sweep; null where it is not computed, or there is no such head. Of heads `(layers, heads)`, else one row. */
export interface Effects {
  readonly loss_rise: readonly (number | null)[] | readonly (readonly (number | null)[])[];
  readonly characters_changed: readonly (number | null)[] | readonly (readonly (number | null)[])[];
  readonly keyword_change: readonly (number | null)[] | readonly (readonly (number | null)[])[];
}

/** How far a sweep is. */
export interface Progress {
  readonly num_done: number;
  readonly num_passes: number;
  /** Whose probability is followed; null where none is. */
  readonly keyword: string | null;
  /** How often what does no more than others would be marked; null where nothing is marked. */
  readonly by_chance: number | null;
}

export interface HeadSweepAnswer extends Progress {
  /** Whether the text whose loss is measured has letters, where there is one. */
  readonly has_text: boolean;
  readonly effects: Effects;
  /** Whether a head does more than every random subspace of its layer. */
  readonly is_marked: readonly (readonly boolean[])[];
  readonly layer_skipped: Effects;
  readonly feed_forward_off: Effects;
}

export interface WordSweepAnswer extends Progress {
  readonly words: readonly { readonly text: string; readonly start_s: number; readonly end_s: number }[];
  readonly effects: Effects;
  /** Whether a word does more than every stretch of silence elsewhere. */
  readonly is_marked: readonly boolean[];
  /** Whether there are such stretches. */
  readonly is_compared: readonly boolean[];
  /** Rise of the loss with the most important word silenced, the two, …; and in random orders. */
  readonly removed: readonly (number | null)[];
  readonly removed_at_random: readonly (readonly (number | null)[])[];
}

/** A letter of a text, and what the layers make of it. */
export interface LensLetter {
  readonly text: string;
  /** The first layer from which on every layer writes it; null where the last one does not. */
  readonly decided: number | null;
  /** Of a letter that the last layer does not write: the layers on the way that do. */
  readonly lost: readonly number[];
}

export interface LensWord {
  readonly start_s: number;
  readonly end_s: number;
  readonly letters: readonly LensLetter[];
}

/** What every layer writes by one read-out, the layers' input first. */
export interface ReadOut {
  readonly name: string;
  readonly texts: readonly (readonly ReadWord[])[];
  /** Character error rates; null where there is no text to compare with. */
  readonly cer: readonly (number | null)[];
  /** Likewise of the same letters in random order. */
  readonly cer_by_chance: readonly (number | null)[];
  /** Whether a layer's text beats every random order that was tried. */
  readonly is_above_chance: readonly boolean[];
  readonly words: readonly LensWord[];
  /** Of the letters, those that each layer writes. */
  readonly share_found: readonly (number | null)[];
  readonly share_by_chance: readonly (number | null)[];
  readonly num_lost: number;
  readonly num_lost_by_chance: number;
}

/** The answer of `lens`. */
export interface LensAnswer {
  readonly read_outs: readonly ReadOut[];
  /** Name of the one that says most. */
  readonly best: string;
  /** Whether layers are compared with what was really said, rather than with the greedy transcript. */
  readonly is_reference: boolean;
  /** What the numbers are of. */
  readonly note: string;
  /** What keeps them from saying anything. */
  readonly warning: string | null;
}

/** The answer of `layer_sound`. */
export interface LayerSound extends SoundPart {
  readonly layer: number;
  /** In decibels below full scale. */
  readonly level_db: number;
  readonly recording_level_db: number;
  /** null where nobody measured it. */
  readonly kept: KeptSound | null;
}

/** How much of the sound each layer keeps, measured on other speakers: `SoundScores` in Python. */
export interface KeptSound {
  readonly share: readonly number[];
  readonly pitch: readonly number[];
  readonly speaker: readonly number[];
  readonly speaker_by_chance: number;
  readonly num_clips: number;
  readonly num_speakers: number;
}

/** The parts of a result, by name. */
export interface Parts {
  timeline: TimelinePart;
  transcript: TranscriptPart;
  reading: ReadingPart;
  keywords: KeywordsPart;
  layers: LayersPart;
  layer_measures: LayerMeasuresPart;
  layer_pca: LayerMapPart;
  layer_umap: LayerMapPart;
  attention: AttentionPart;
  heads: HeadsPart;
}

/** What the queue carries of a result. */
export interface ResultMessage {
  readonly kind: "result";
  readonly token: string;
  /** By which this tab may have the result again; of one that was changed, what it was before. */
  readonly ticket: string;
  /** Token of what it was before something was changed inside the model; null where nothing was. */
  readonly before: string | null;
  /** What was changed, as an address has it; "" where nothing was. */
  readonly changes: string;
  /** The same one by one: what an address calls it, and in words. */
  readonly changed: readonly {
    readonly text: string;
    readonly words: string;
    /** Whether a link can hold it: not where its states are from a recording of somebody's own. */
    readonly fits_link: boolean;
  }[];
  readonly title: string;
  readonly seconds: number;
  readonly checkpoint: string;
  readonly model: { readonly title: string; readonly rows: readonly (readonly [string, string])[] };
  /** How many there are of what can be chosen. */
  readonly num_layers: number;
  readonly num_heads: number;
  /** Whose attention is shown first. */
  readonly middle_layer: number;
  /** A sentence for each view that another model fills. */
  readonly sources: Readonly<Record<string, string>>;
  /** Names of downloads that it does not have. */
  readonly lacking: readonly string[];
  /** Why its model cannot have some of them, by name. */
  readonly why_not: Readonly<Record<string, string>>;
  readonly parts: readonly string[];
  /** Its number, if it is one of the examples. */
  readonly example?: number;
  /** Key of the offer that it is a part of. */
  readonly offer?: string;
  readonly welcome?: boolean;
  /** Number of the request that it answers. */
  readonly asked?: number;
}

export interface SentenceMessage {
  readonly kind: "busy" | "error";
  readonly text: string;
  readonly asked?: number;
  readonly welcome?: boolean;
  /** Whether it is about a result that was to be opened again, or changed. */
  readonly again?: boolean;
  /** So that two that are alike differ. */
  readonly number?: number;
  /** By which this tab may have what has begun, also when it is reloaded meanwhile. */
  readonly claim?: string;
  /** Of the recording that it is about, once that is known. */
  readonly title?: string;
}

/** An upload that is too long, of which a part is to be chosen. */
export interface OfferMessage {
  readonly kind: "part";
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly duration_s: number;
  /** How long the server keeps it, in seconds. */
  readonly kept_s: number;
  /** How much of it the peaks cover, from its start. */
  readonly drawn_s: number;
  /** How long the part is. */
  readonly longest_s: number;
  /** int16 `(bins, 2)`: lowest and highest sample. */
  readonly peaks: Packed;
  readonly welcome?: undefined;
  readonly claim?: undefined;
}

export type Message = ResultMessage | SentenceMessage | OfferMessage;

/** The result on show, and its timeline, which every view needs. */
export interface Result extends ResultMessage {
  readonly timeline: TimelinePart;
}

/** What the visitor has chosen: as in `export/choices.py`; `lens`, `lens_layer`,
 * `sort` and `filter` are the page's own. */
export interface Choices {
  layer?: number;
  attention_layer?: number;
  head?: number;
  colour?: string;
  num_units?: number;
  method?: string;
  num_neighbours?: number;
  metric?: string;
  seed?: number;
  reference?: string;
  hotwords?: string;
  /** The keyword that a sweep followed which was run, or "clearest"; "" where none was. */
  head_sweep?: string;
  word_sweep?: string;
  /** The read-out by which every layer is read; "" or nothing while nobody has asked. */
  lens?: string;
  /** Whose letters over time are shown. */
  lens_layer?: number;
  /** Whose sound is to be at hand; nothing while nobody has asked. */
  sound_layer?: number | undefined;
  sort?: string;
  filter?: string;
}

/** What is shown of a lesson before it begins. */
export interface LessonOverview {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly minutes: number;
  /** Files of the examples that it was made for. */
  readonly recordings: readonly string[];
  readonly num_steps: number;
  readonly num_questions: number;
}

/** What is to be predicted: one of the choices, or a number where there are none. */
export interface LessonQuestion {
  readonly text: string;
  readonly choices: readonly string[] | null;
  /** Number of the right choice, or the right number. */
  readonly right: number;
  /** The right answer in words. */
  readonly shown: string;
  /** Of a number: "" where it is a plain one. */
  readonly unit: string | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly is_whole: boolean;
  /** How far off is still right. */
  readonly within: number | null;
}

/** A step of a lesson about the recording on show. */
export interface LessonStep {
  /** From 0. */
  readonly step: number;
  readonly title: string;
  /** What to put on show, as a link's hash says it, without the `#`. */
  readonly link: string;
  /** What it is about, of `PICTURES` in lessons/sight.js; empty for what its tab shows first of all. */
  readonly pictures: readonly string[];
  readonly text: string;
  readonly question: LessonQuestion | null;
  readonly reveal: string;
  /** Why this recording does not answer. */
  readonly cannot: string | null;
}

/** What both halves say alike, in the page's head. */
export interface Facts {
  readonly max_upload_mb: number;
  readonly max_duration_s: number;
  /** What to say of an upload that was refused, by the status that says so. */
  readonly refusals: Readonly<Record<string, string>>;
  readonly max_reference: number;
  readonly max_hotwords: number;
  /** Files of the examples, in their order. */
  readonly examples: readonly string[];
  /** Names of the checkpoints to choose from. */
  readonly checkpoints: readonly string[];
  /** The one that greets. */
  readonly checkpoint: string;
  /** Whether any other may be named that is on the hub. */
  readonly any_model: boolean;
  /** What is chosen while nobody has chosen; null where that depends on the recording or its model. */
  readonly choices: { readonly [Name in keyof Choices]?: Choices[Name] | null };
  readonly colours: readonly string[];
  readonly methods: readonly string[];
  readonly metrics: readonly string[];
  /** Fewest and most. */
  readonly neighbours: readonly [number, number];
  readonly max_seed: number;
  /** Fewest and most. */
  readonly units: readonly [number, number];
  /** How a layer may be read. */
  readonly read_outs: readonly string[];
  readonly lessons: readonly LessonOverview[];
  /** What each term means. */
  readonly glossary: Readonly<Record<string, string>>;
  /** Of the page. */
  readonly version: string;
  /** The scripts of the tabs. */
  readonly tabs: readonly string[];
}

/** A function of the server: one request, one answer; nothing when the call failed. */
export type ServerFunction = (request: object) => Promise<any>;

/** What Gradio hands to a component when it mounts. */
export interface Page {
  readonly element: HTMLElement;
  readonly props: { readonly value?: any };
  readonly watch: (prop: string, listener: () => void) => void;
  readonly trigger: (event: string, data: object) => void;
  readonly server: Readonly<Record<string, ServerFunction>>;
}

/** A mounting component, as the inline queue keeps it. */
export interface Mounting extends Page {
  readonly name: string;
  /** Its script, from `static/`. */
  readonly module: string;
}

/** A picture of the open tab on the timeline's scale, beneath the words. */
export interface Strip {
  readonly height: number;
  /** What it shows; nothing hides the strip. */
  label(): string;
  draw(ctx: CanvasRenderingContext2D, axis: Axis, height: number): void;
}

/** In seconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Seconds and pixels of a picture with time, and the stretch that it shows. */
export interface Axis extends Stretch {
  readonly left: number;
  readonly span: number;
  x(time: number): number;
  time(x: number): number;
}

/**
 * What a script gives for its component. All is called when it happens; of a component with parts, nothing but
 * `result` between a new result and its first part.
 */
export interface Component {
  /** Whether it fills a tab. */
  readonly tab?: boolean;
  readonly strip?: Strip;
  /**
   * By name, what to do with a part of the result once it is here: fetched when the component is first on show,
   * the first one before the others.
   */
  readonly parts?: { readonly [Name in keyof Parts]?: (part: Parts[Name]) => void };
  /** A part could not be had; of the first one, the page itself says so. */
  failed?(name: string, sentence: string): void;
  result?(result: Result): void;
  busy?(sentence: string | null): void;
  error?(sentence: string | null): void;
  /** The clock has moved: many times a second while it plays. */
  tick?(): void;
  /** The size or the theme has changed. */
  draw?(): void;
  /** Pictures with time show another stretch. */
  zoom?(): void;
  /** A tab has been opened. */
  open?(): void;
  choices?(changed: Choices): void;
  /** Something else is wanted to be changed inside the model. */
  changes?(): void;
}

export type Mount = (root: HTMLElement, page: Page) => Component;

declare global {
  interface Window {
    /** Components that mounted before the modules were there; then their `push` mounts at once. */
    hx: { push(mounting: Mounting): unknown };
  }
}
