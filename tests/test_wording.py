"""What people read is plain English: notations and words that slip in easily, and what to write instead."""

import ast
import re

import pytest

ODD = {
    r"\d[\u00a0 ]%(?![\w(])": "a share without a space: 84%",
    r"\bgaze\b": "attention",
    r"\btake (it|this|them|all) away\b|\bto take away\b|\btaken away\b": "download",
    r"\bnought\b": "zero",
    r"\bhow manieth\b": "every n-th",
    r"\bgroups? of moments\b|\bk-means groups?\b": "cluster",
    r"\b(each|every|25 ms) moments?\b": "frame",
    r"\b(greedy|best) readings?\b": "transcript",
    r"\bis no (number|complete|recording)\b": "is not a …",
    r", for (this|the|it|there)\b[^.]*\bcan ?not\b": "because",
}
"""Patterns, each with the better word."""


def texts_in_python(source):
    """Every text in a Python file except its docstrings."""
    tree = ast.parse(source)
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node.value


def texts_in_script(source):
    """Every text in a script, without its comments."""
    code = re.sub(r"/\*[\s\S]*?\*/|//.*", "", source)
    return re.findall(r'"[^"\n]*"|`[^`]*`', code)


@pytest.fixture(scope="module")
def texts(root):
    """What is written for people, and where."""
    package = root / "hubert_demo"
    found = []
    for ending, read in ((".py", texts_in_python), (".js", texts_in_script)):
        for path in sorted(package.rglob(f"*{ending}")):
            place = path.relative_to(root).as_posix()
            found += [(place, text) for text in read(path.read_text(encoding="utf-8"))]
    pages = [*root.glob("*.md"), *root.glob("assets/*/*.md")]
    return found + [(path.name, " ".join(path.read_text(encoding="utf-8").split())) for path in pages]


@pytest.mark.parametrize("odd", ODD)
def test_what_people_read_is_plain_english(texts, odd):
    found = [
        f"{place}: “{text[max(0, match.start() - 30) : match.end() + 30]}”"
        for place, text in texts
        for match in re.finditer(odd, text, re.IGNORECASE)
    ]
    assert not found, f"write instead: {ODD[odd]}"


def test_texts_are_seen_and_comments_are_not():
    assert list(texts_in_python('"""A gaze."""\nx = f"gaze {1}"  # gaze')) == ["gaze "]
    assert texts_in_script('/** gaze */\nsay(`a ${b}`, "c"); // gaze\n') == ["`a ${b}`", '"c"']
