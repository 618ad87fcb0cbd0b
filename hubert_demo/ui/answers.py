"""What the named endpoints answer, but for `analyze`, whose answer is `recognition.Recognition`."""

from typing import TypedDict

from hubert_demo.ui.recognition import Recognition


class RankedText(TypedDict):
    """A possible transcript: `score` ranks it; `ctc_log_probability` is from the speech model alone.

    `checkpoint` wrote it: another model than the chosen one where that was not trained to transcribe.
    """

    text: str
    score: float
    ctc_log_probability: float
    checkpoint: str


class LayerMaps(TypedDict):
    """`points[layer][frame]` is `[x, y]`; the other two have one number for each layer, and one by chance.

    `sources`: the model whose layers they are.

    `trustworthiness`: as scikit-learn defines it, 0 to 1. `neighbours_kept`: the share of each point's 5
    nearest neighbours in the layer (fewer for under 11 frames) that are among its 5 nearest on the map.
    """

    frame_times_s: list[float]
    points: list[list[list[float]]]
    trustworthiness: list[float]
    neighbours_kept: list[float]
    neighbours_kept_by_chance: float
    sources: dict[str, str | None]


class AttentionMap(TypedDict):
    """`attention[i][j]`: how much the frames of bin `i` look at bin `j`; every row sums to one.

    `sources`: the model whose attention it is.
    """

    frames_per_bin: int
    attention: list[list[float]]
    sources: dict[str, str | None]


class AlignedWord(TypedDict):
    """A word of the reference, or one that only the transcript has; `kind` says how the two compare."""

    kind: str
    text: str
    heard: str
    start_s: float
    end_s: float
    confidence: float


class Aligned(TypedDict):
    """A reference aligned with a recording, and the transcript's error rates against it.

    `sources`: the model that transcribed and aligned it.
    """

    words: list[AlignedWord]
    wer: float
    cer: float
    sources: dict[str, str | None]


class LayerNumbers(TypedDict):
    """One number for each layer, from the first one's input on; `cka` and `cosines` compare neighbours.

    `cka` is debiased, around 0 for unrelated layers; `cka_by_chance` is the same with one layer shifted in
    time. `purity` and `pnmi` say how well k-means clusters predict the letters, with chance beside them: the
    letters of the reference (`letters_from` is "reference"), or of the transcript ("transcript"), which come
    from the last layer, so that the comparison is partly circular. All five are null for too few letters.
    `sources`: the models whose layers and whose letters they are.
    """

    norms: list[float]
    cosines: list[float]
    cka: list[float]
    cka_by_chance: list[float]
    purity: list[float] | None
    purity_by_chance: list[float] | None
    pnmi: list[float] | None
    pnmi_by_chance: list[float] | None
    letters_from: str | None
    num_units: int
    sources: dict[str, str | None]


class LensLetter(TypedDict):
    """A letter, when it was said, and which layers write it there (the input of the first one comes first).

    `decided_layer`: from which layer on all write it; null where the last one does not. `is_lost`: whether a
    layer on the way writes it and the last one does not.
    """

    text: str
    start_s: float
    end_s: float
    is_found: list[bool]
    decided_layer: int | None
    is_lost: bool


class LensLetters(TypedDict):
    """The letters of a text; `share_found[layer]` of them a layer writes, `share_by_chance` in any order.

    `num_lost` letters are written on the way and not at the end, `num_lost_by_chance` if they were others.
    """

    share_found: list[float | None]
    share_by_chance: list[float | None]
    num_lost: int
    num_lost_by_chance: float
    letters: list[LensLetter]


class ReadOut(TypedDict):
    """What the layers write by one read-out: `texts[layer]`, with the character error rate `cer[layer]`.

    `cer_by_chance`: of the same letters in random order. `is_above_chance`: whether a layer beats all random
    orders that were drawn. `letters`: those of the greedy transcript; `said`: those of the reference, if any.
    """

    texts: list[str]
    cer: list[float | None]
    cer_by_chance: list[float | None]
    is_above_chance: list[bool]
    letters: LensLetters
    said: LensLetters | None


class LayerReadings(TypedDict):
    """A recording read at every layer; `read_outs` has "head", "affine" and "linear", as far as they exist.

    Errors are counted against `compared_with`: the reference, or if `is_reference` is false the model's own
    greedy transcript. `note` says what the numbers are of. `sources`: the model whose layers they are.
    """

    checkpoint: str
    compared_with: str
    is_reference: bool
    is_cross_validated: bool
    note: str
    read_outs: dict[str, ReadOut]
    sources: dict[str, str | None]


class HeadNumbers(TypedDict):
    """`kinds[layer][head]` is "global", "vertical" or "diagonal"; the rest are the numbers behind it.

    `sources`: the model whose heads they are.
    """

    kinds: list[list[str]]
    globalness: list[list[float]]
    verticality: list[list[float]]
    diagonality: list[list[float]]
    entropy_nats: list[list[float]]
    sources: dict[str, str | None]


class Change(TypedDict):
    """One change: `text` as links and the shell have it, from 0; `words` for people, who count from 1."""

    text: str
    words: str


class Changed(TypedDict):
    """The same recording before and after something was changed inside the model.

    `characters_changed`: characters replaced, missing or inserted in `transcript_greedy`.
    `made_with`: of each part, the changes it was made with: what another model lends hears changes of the
    sound alone.
    """

    changes: list[Change]
    before: Recognition
    after: Recognition
    characters_changed: int
    made_with: dict[str, str]


class HeadSweepNumbers(TypedDict):
    """`loss_rise[layer][head]`, counted from 0: how much the answer changes with this head alone off.

    `loss_rise`: of the CTC loss of the greedy transcript, in nats. `characters_changed`: of that transcript.
    `keyword_change`: of the probability of `keyword`, -1 to 1. Null where the model has no such head.
    `is_marked`: whether the loss rises more than for every random subspace of a head's rank taken from that
    layer's joined heads; `by_chance` is how often that would be so anyway, null where none were drawn.
    `sources`: the model whose heads they are.
    """

    loss_rise: list[list[float | None]]
    characters_changed: list[list[float | None]]
    keyword_change: list[list[float | None]]
    is_marked: list[list[bool]]
    by_chance: float | None
    by: str
    keyword: str | None
    sources: dict[str, str | None]
