"""transformers' own tests of HuBERT, with this package's classes in the place of transformers'.

Nothing is fetched, and none of those tests belongs to this repository: unpack the `tests` folder of the
transformers version that is installed (of its tag) anywhere, and name the folder that holds `tests`. In the
root of a checkout of this repository:

    python tests/drivers/transformers_suite.py FOLDER [--json FILE] [--theirs] [pytest options]

It runs the tests of HuBERT's models, and of Wav2Vec2's feature extractor, tokenizer and processor. Nothing
stands between: what a class of ours lacks, it lacks. The counts are printed, and every test that failed, with
the reason. `--theirs` leaves transformers' classes where they are, to see what passes on this machine at all:
tests that fetch from the hub fail without a network.
"""

import argparse
import importlib
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

# What stands for each of transformers' classes: its name there, and module and name here.
OURS = {
    "HubertConfig": ("config", "HubertConfig"),
    "HubertModel": ("encoder", "HubertModel"),
    "HubertForCTC": ("heads", "HubertForCTC"),
    "HubertForSequenceClassification": ("heads", "HubertForSequenceClassification"),
    "Wav2Vec2CTCTokenizer": ("tokenizer", "Wav2Vec2CTCTokenizer"),
    "Wav2Vec2CTCTokenizerOutput": ("ctc_text", "CTCTokenizerOutput"),
    "Wav2Vec2FeatureExtractor": ("feature_extractor", "Wav2Vec2FeatureExtractor"),
    "Wav2Vec2Processor": ("processor", "Wav2Vec2Processor"),
}
THEIR_MODULES = (
    "models.hubert.configuration_hubert",
    "models.hubert.modeling_hubert",
    "models.wav2vec2",
    "models.wav2vec2.feature_extraction_wav2vec2",
    "models.wav2vec2.processing_wav2vec2",
    "models.wav2vec2.tokenization_wav2vec2",
)
# Files differ from version to version: those that are there are run.
FILES = (
    "models/hubert/test_modeling_hubert.py",
    "models/wav2vec2/test_feature_extraction_wav2vec2.py",
    "models/wav2vec2/test_processing_wav2vec2.py",
    "models/wav2vec2/test_processor_wav2vec2.py",
    "models/wav2vec2/test_tokenization_wav2vec2.py",
)
# Tests of a class that was deprecated years ago, and is not among ours.
NOT_OURS = "Wav2Vec2TokenizerTest"


def put_in_place() -> None:
    """Give transformers' modules this package's classes, by the names that the tests import."""
    transformers = importlib.import_module("transformers")
    modules = [transformers, *(importlib.import_module(f"transformers.{name}") for name in THEIR_MODULES)]
    for name, (module, own_name) in OURS.items():
        ours = getattr(importlib.import_module(f"hubert_demo.model.{module}"), own_name)
        for each in modules:
            if each is transformers or hasattr(each, name):
                setattr(each, name, ours)


class Results:
    """A pytest plugin that keeps what became of each test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.reasons: dict[str, str] = {}

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out the tests of what is not ours."""
        left_out = [item for item in items if NOT_OURS in item.nodeid]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test is what its worst phase is."""
        name = report.nodeid.removeprefix("tests/")
        if report.when == "call" or report.outcome != "passed":
            if self.outcomes.get(name) != "failed":
                self.outcomes[name] = report.outcome
            if report.failed:
                self.reasons.setdefault(name, _reason(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported is one failure."""
        if report.failed:
            self.outcomes[report.nodeid] = "failed"
            self.reasons[report.nodeid] = str(report.longrepr).strip().splitlines()[-1]


def _reason(report: pytest.TestReport) -> str:
    """The line that says what went wrong."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr).strip().splitlines()[0][:200]


def main() -> int:
    """Run them; 0 where none failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where transformers' `tests` folder is")
    parser.add_argument("--json", type=Path, help="where to write what became of each test")
    parser.add_argument("--theirs", action="store_true", help="run transformers' own classes")
    options, others = parser.parse_known_args()
    files = [str(path) for name in FILES if (path := options.folder.resolve() / "tests" / name).is_file()]
    if not files:
        parser.error(f"{options.folder} has none of the test files in its folder `tests`.")
    here = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(options.folder.resolve()), str(here)]
    # Both have a package `tests`: theirs is the one that its files import from.
    for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
        del sys.modules[name]
    os.chdir(options.folder)
    if not options.theirs:
        put_in_place()
    results = Results()
    quiet = ["-p", "no:cacheprovider", "-p", "no:terminal", "-c", os.devnull]
    rootdir = [f"--rootdir={options.folder.resolve()}", "-W", "ignore"]
    pytest.main([*quiet, *rootdir, *others, *files], plugins=[results])
    report(results)
    if options.json is not None:
        both: dict[str, Any] = {n: [o, results.reasons.get(n)] for n, o in sorted(results.outcomes.items())}
        options.json.write_text(json.dumps(both, indent=1), encoding="utf-8")
    return int("failed" in results.outcomes.values())


def report(results: Results) -> None:
    """Print the counts of each file and of all, and what failed."""
    by_file: dict[str, Counter[str]] = {}
    for name, outcome in results.outcomes.items():
        by_file.setdefault(name.split("::")[0], Counter())[outcome] += 1
    for name, reason in sorted(results.reasons.items()):
        print(f"FAILED {name}\n       {reason}")
    for file, counts in {**by_file, "all": sum(by_file.values(), Counter())}.items():
        ran = counts["passed"] + counts["failed"]
        print(f"{file}: {counts['passed']} of {ran} passed, {counts['skipped']} skipped")


if __name__ == "__main__":
    sys.exit(main())
