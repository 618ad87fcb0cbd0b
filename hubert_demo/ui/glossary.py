"""The page's terms, one line each, from the one file that the page, the lessons and the README share."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from hubert_demo.checkpoints import ASSETS_DIR

GLOSSARY = ASSETS_DIR / "glossary.yaml"


def read_glossary(path: Path = GLOSSARY) -> Mapping[str, str]:
    """What each term means, in alphabetical order."""
    terms: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return terms
