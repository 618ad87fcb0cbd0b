"""The glossary: short, in order, and the same in the README."""

import re

from hubert_demo.ui.glossary import read_glossary

LONGEST = 160


def test_each_term_has_one_line_in_alphabetical_order():
    glossary = read_glossary()
    assert list(glossary) == sorted(glossary, key=str.lower)
    for term, meaning in glossary.items():
        assert 10 < len(meaning) <= LONGEST, term
        assert meaning.endswith(".")
        assert "\n" not in meaning


def test_the_readme_has_the_same_glossary(root):
    readme = (root / "README.md").read_text()
    _, _, section = readme.partition("\n## Glossary\n")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", section.partition("\n## ")[0], flags=re.MULTILINE)
    assert dict(rows[1:]) == read_glossary()
