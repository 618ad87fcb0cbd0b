"""Every answer of a checkout written down, and two such records compared: did a rebuild change anything?

Run `record` in the root of a checkout, of the old code and then of the new, and `compare` anywhere:

    python path/to/answers.py record OUT [--recordings FILE …]
    python path/to/answers.py compare OLD NEW [--rename old=new …]

`record` asks the package in the current directory, wherever this file lies: `analyze`'s numbers, the shell
command, the folders of `write_folder`, the named endpoints, and what the page's own events and functions
send, for every recording and both embedded checkpoints. It leaves out tokens and timings. The default
recordings are two examples, noise, and 0.3 s of speech. Make both records with the same libraries on the same
machine; one takes three to six minutes.

`compare` prints every difference and exits with 1 if there is one. Numbers may differ by 1e-6, absolute or
relative, hidden states by 1e-5; pictures are compared by their pixels where their bytes differ. A rule of
`--rename` replaces part of the old names, of files (`figures/map_of_layer=figures/layer_map`) and of fields
(`/heard=/recognised`) alike.

pytest does not collect this program. `answers_page.py` and `answers_files.py` are parts of it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from answers_files import compare, save
from answers_page import CHECKPOINTS, CHOSEN, HOTWORDS, MAP, REFERENCE, record_page


def main() -> int:
    """Run one of the two commands; the exit status is 1 if a comparison finds a difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    recorder = commands.add_parser("record")
    recorder.add_argument("out", type=Path, help="a new folder")
    recorder.add_argument("--recordings", nargs="+", type=Path, metavar="FILE")
    comparer = commands.add_parser("compare")
    comparer.add_argument("old", type=Path)
    comparer.add_argument("new", type=Path)
    comparer.add_argument("--rename", nargs="+", default=[], metavar="OLD=NEW")
    options = parser.parse_args()
    if options.command == "compare":
        rules = [rule.split("=") for rule in options.rename]
        if any(len(rule) != 2 for rule in rules):
            parser.error("a rule of --rename is OLD=NEW")
        return compare(options.old, options.new, rules)
    _run_in_a_known_environment()
    options.out.mkdir(parents=True)
    record(options.out.resolve(), options.recordings)
    return 0


def _run_in_a_known_environment() -> None:
    """Start again where libraries compute on one thread and the package is the current directory's."""
    wanted = {
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
        "CUDA_VISIBLE_DEVICES": "",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(Path.cwd()),
    }
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **wanted})


def record(out: Path, given: list[Path] | None) -> None:
    """Write every answer of the package in the current directory into a folder."""
    import hubert_demo

    if Path(hubert_demo.__file__).parents[1] != Path.cwd():
        raise SystemExit(f"{hubert_demo.__file__} is not the current directory's; run this in a checkout.")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recordings = [path.resolve() for path in given] if given else _recordings(folder)
        text = folder / "poem.wav"
        text.write_text("Shall I compare thee to a summer's day?")
        for what, step in (
            ("analyze and write_folder", lambda: record_library(recordings, out)),
            ("the shell command", lambda: record_command([*recordings, text], out / "command")),
            ("endpoints and page", lambda: record_page(recordings, text, out, folder)),
        ):
            step()
            print(f"{time.perf_counter() - began:6.1f} s  {what} recorded", flush=True)


def _recordings(folder: Path) -> list[Path]:
    """Two examples; noise in two channels at another rate; and 0.3 s of speech, hardly enough for a map."""
    examples = Path.cwd() / "assets" / "examples"
    count = 3 * 44_100
    rng = np.random.default_rng(1)
    swelling = np.sin(np.linspace(0, 9, count))[:, np.newaxis]
    soundfile.write(folder / "noise.wav", rng.normal(0, 0.05, (count, 2)) * swelling, 44_100)
    spoken, rate_hz = soundfile.read(examples / "commands.wav")
    loudest = int(np.abs(spoken).argmax())
    soundfile.write(folder / "short.wav", spoken[loudest : loudest + round(0.3 * rate_hz)], rate_hz)
    return [
        examples / "harbour.wav",
        examples / "commands.wav",
        folder / "noise.wav",
        folder / "short.wav",
    ]


def record_library(recordings: list[Path], out: Path) -> None:
    """The numbers of `analyze`, and the folders that are written about it."""
    import hubert_demo
    from hubert_demo.export import Choices, write_folder

    for checkpoint in CHECKPOINTS:
        for path in recordings:
            analysis = hubert_demo.analyze(path, checkpoint=checkpoint)
            place = out / checkpoint / path.stem
            save(place / "analysis", {name: attempt(ask) for name, ask in _questions(analysis).items()})
            write_folder(analysis, Choices(), place / "folder-default")
            write_folder(analysis, Choices(**CHOSEN), place / "folder-chosen")


def _questions(analysis: Any) -> dict[str, Callable[[], Any]]:
    """What an analysis is asked, by a name of our own: attributes may be called otherwise one day."""
    from hubert_demo.export import Choices

    encoding = analysis.encoding
    writer, listener = first(analysis, "ctc_encoding reading"), first(analysis, "keyword_encoding spotting")
    waveform = encoding.waveform
    middle, last = encoding.num_layers // 2, encoding.num_layers
    return {
        "checkpoint": lambda: [analysis.checkpoint.name, analysis.checkpoint.title, encoding.checkpoint],
        "sources": lambda: analysis.sources,
        "waveform": lambda: [waveform.samples, waveform.duration_s, first(waveform, "notes changes")],
        "hidden_states": lambda: encoding.hidden_states,
        "frame_times_s": lambda: encoding.frame_times_s,
        "counts": lambda: [encoding.num_layers, encoding.num_frames, encoding.num_heads],
        "ctc/logits": lambda: first(writer, "ctc.logits ctc_logits"),
        "ctc/vocabulary": lambda: first(writer, "ctc.vocabulary vocabulary"),
        "ctc/blank_id": lambda: first(writer, "ctc.blank_id blank_id"),
        "ctc/word_delimiter_id": lambda: first(writer, "ctc.word_delimiter_id word_delimiter_id"),
        "classes/logits": lambda: first(listener, "classes.logits keyword_logits"),
        "classes/labels": lambda: first(listener, "classes.labels keyword_labels"),
        "classes/threshold": lambda: first(listener, "classes.threshold keyword_threshold"),
        "transcript": lambda: analysis.transcript,
        "transcript_greedy": lambda: first(analysis, "transcript_greedy transcript"),
        "frame_characters": lambda: analysis.frame_characters,
        "keywords": lambda: analysis.keywords,
        "keyword": lambda: attrgetter("label", "probability", "is_heard")(analysis.keywords),
        "beam": lambda: analysis.beam_search(),
        "beam_with_hotwords": lambda: analysis.beam_search(3, HOTWORDS.split()),
        "has_language_model": lambda: analysis.has_language_model,
        "alignment": lambda: analysis.align(REFERENCE),
        "pca": lambda: analysis.projections("pca"),
        "umap": lambda: analysis.projections("umap"),
        "map": lambda: analysis.projections(Choices(**MAP).projection),
        "one_layer": lambda: analysis.projection(middle, "pca"),
        "prosody": lambda: analysis.prosody(),
        "layer_curves": lambda: analysis.layer_curves(),
        **{f"units/{layer}": lambda n=layer: analysis.units(n) for layer in (0, middle, last)},
        "units/chosen": lambda: analysis.units(middle, 7, 3),
        "unit_scores": lambda: analysis.unit_scores(),
        "unit_scores_chosen": lambda: analysis.unit_scores(7, 3),
        **{
            f"colouring/{name}": lambda n=name: analysis.colouring(n, 1, 9)
            for name in ("time", "letter", "energy", "pitch", "unit", "none")
        },
        "head_metrics": lambda: analysis.head_metrics(),
        "head_kinds": lambda: analysis.head_metrics().kinds,
        "attention": lambda: analysis.attention(1, 1),
        "attention_maps": lambda: analysis.attention_maps(last - 1, None, slice(0, None, 3)),
        "refused/layer": lambda: analysis.projection(99),
        "refused/attention_layer": lambda: analysis.attention(99, 0),
        "refused/head": lambda: analysis.attention(0, 99),
        "refused/units": lambda: analysis.units(1, 1000),
        "refused/unit_layer": lambda: analysis.units(99),
        "refused/num_best": lambda: analysis.beam_search(0),
        "refused/reference": lambda: analysis.align(""),
    }


def first(thing: Any, paths: str) -> Any:
    """The first of several attributes that there is: new names come before old ones."""
    for path in paths.split():
        try:
            return attrgetter(path)(thing)
        except AttributeError:
            continue
    raise AttributeError(f"{type(thing).__name__} has none of {paths}.")


def attempt(ask: Callable[[], Any]) -> Any:
    """An answer, or the sentence that refuses it."""
    from hubert_demo import HubertDemoError

    try:
        return ask()
    except HubertDemoError as error:
        return {"error": str(error)}


def record_command(recordings: list[Path], out: Path) -> None:
    """What the shell command prints about all files, one of which is no recording, and writes about one."""

    def run(name: str, files: list[Path], *flags: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path in set(files):
                Path(folder, path.name).symlink_to(path)
            arguments = [
                sys.executable,
                "-m",
                "hubert_demo",
                "analyze",
                *(path.name for path in files),
                *flags,
            ]
            done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True)
        lines = done.stdout.splitlines()
        printed = [json.loads(line) for line in lines] if "--json" in flags else lines
        save(out / name, {"printed": printed, "complaints": done.stderr, "status": done.returncode})

    for checkpoint in CHECKPOINTS:
        run(f"{checkpoint}-text", recordings, "--checkpoint", checkpoint)
        run(f"{checkpoint}-json", recordings, "--checkpoint", checkpoint, "--json")
    run("written", [recordings[-2], recordings[-2]], "--out", str(out / "written-folder"))


if __name__ == "__main__":
    sys.exit(main())
