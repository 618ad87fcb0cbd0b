"""The browser's half: how its modules hang together, their unit tests, and their types."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.export import Choices
from hubert_demo.ui.facts import facts
from hubert_demo.ui.lessons.answers import told
from hubert_demo.ui.lessons.measures import Subject
from hubert_demo.ui.views import VIEWS, lens, timeline
from hubert_demo.ui.views.base import STATIC_DIR

SHARED = ("core", "page")
SCRIPTS = {path.relative_to(STATIC_DIR).as_posix(): path.read_text() for path in STATIC_DIR.rglob("*.js")}
IMPORTED = re.compile(r'^(?:import|export) (?:[^;]*? from )?"([^"]+)";', re.M)


def code_of(script):
    """Without comments."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", script, flags=re.S)


@pytest.mark.parametrize("path", SCRIPTS)
def test_every_script_is_a_module(path):
    assert re.search(r"^(?:import|export) ", SCRIPTS[path], re.M)
    assert "use strict" not in SCRIPTS[path]


@pytest.mark.parametrize("path", SCRIPTS)
def test_nothing_but_the_queue_hangs_on_the_window(path):
    code = code_of(SCRIPTS[path])
    names = set(re.findall(r"(?:window|globalThis|self)\.(\w+)(?= *=[^=])", code))
    assert names <= {"core/mount.js": {"hx"}, "page/unsent.js": {"fetch"}}.get(path, set())


@pytest.mark.parametrize("path", SCRIPTS)
def test_a_folder_imports_from_itself_and_from_what_all_share(path):
    folder = path.split("/")[0]
    imports = IMPORTED.findall(SCRIPTS[path])
    for imported in imports:
        target = (STATIC_DIR / path).parent.joinpath(imported).resolve().relative_to(STATIC_DIR)
        assert target.as_posix() in SCRIPTS
        if folder == "core":
            assert target.parts[0] == "core"
        assert target.parts[0] in {folder, *SHARED}


def test_no_line_is_long():
    for path, script in SCRIPTS.items():
        assert max(map(len, script.splitlines())) <= 120, path


# --- node ---


@pytest.fixture(scope="module")
def node(missing):
    return shutil.which("node") or missing("no node on this machine")


def test_the_pure_parts_pass_their_own_tests(node, root):
    tests = sorted(str(path) for path in (root / "tests" / "ui" / "static").glob("*.test.js"))
    assert tests
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"^\W+ pass (\d+)$", done.stdout, re.M)[1]) > len(tests)


# --- types ---


@pytest.fixture(scope="module")
def tsc(missing, node, root):
    """Checks a text of TypeScript beside the page's types; gives what is wrong with it."""
    program = root / ".ci" / "node_modules" / "typescript" / "bin" / "tsc"
    if not program.exists():
        missing("no TypeScript here; in .ci: npm ci")

    def check(text, folder):
        (folder / "answers.ts").write_text(text)
        options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2023,dom"]
        done = subprocess.run(
            [node, str(program), *options, str(folder / "answers.ts")],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    return check


def shortened(value):
    """Long lists cut, so that they are read quickly; of each there is enough to tell its type."""
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    return [shortened(each) for each in value[:3]] if isinstance(value, list) else value


def as_typescript(parts):
    types = (STATIC_DIR / "core" / "types").as_posix()
    lines = [f'import type {{ Choices, Parts }} from "{types}";']
    for number, (name, part) in enumerate(parts):
        lines.append(f'export const part{number}: Parts["{name}"] = {json.dumps(shortened(part))};')
    return "\n".join(lines)


@pytest.fixture(scope="module")
def answers(harbour):
    """What the server really sends of a recording, a part each."""
    analysis = analyze(harbour)
    parts = [timeline.PART, *(part for view in VIEWS for part in view.parts)]
    return [(part.name, part.compute(analysis)) for part in parts]


def test_the_server_s_answers_have_the_types_that_the_scripts_rely_on(tsc, answers, tmp_path):
    text = as_typescript(answers)
    layers = {"layer": 1, "sound_layer": 1, "attention_layer": 1}
    choices = json.dumps(Choices().as_json() | layers | {"num_units": 2})
    names = json.dumps([name for name, _ in answers])
    text += f"\nexport const choices: Choices = {choices};\nexport const names: (keyof Parts)[] = {names};\n"
    assert tsc(text, tmp_path) == ""


def test_what_layers_say_has_the_types_that_the_scripts_rely_on(tsc, harbour, tmp_path):
    types, analysis = (STATIC_DIR / "core" / "types").as_posix(), analyze(harbour)
    said = {
        "LensAnswer": lens.lens(analysis, {"reference": "the old harbour was quiet"}),
        "LetterPath": lens.lens_layer(analysis, {"layer": 0, "read_out": "linear"}),
        "LayerSound": lens.layer_sound(analysis, {"layer": 0}),
    }
    text = "".join(
        f'import type {{ {name} }} from "{types}";\n'
        f"export const a{name}: {name} = {json.dumps(shortened(each))};\n"
        for name, each in said.items()
    )
    assert tsc(text, tmp_path) == ""


def test_what_both_halves_say_alike_has_the_types_that_the_scripts_rely_on(tsc, page, tmp_path):
    types = (STATIC_DIR / "core" / "types").as_posix()
    said = {**facts(page.examples, page.models, page.lessons), "tabs": ["transcript/transcript.js"]}
    text = f'import type {{ Facts }} from "{types}";\nexport const facts: Facts = {json.dumps(said)};\n'
    assert tsc(text, tmp_path) == ""


def test_the_steps_of_lessons_have_the_types_that_the_scripts_rely_on(tsc, page, harbour, tmp_path):
    types = (STATIC_DIR / "core" / "types").as_posix()
    subject = Subject(analyze(harbour), lambda checkpoint: analyze(harbour, checkpoint=checkpoint))
    steps = [
        {"step": number, **told(step, subject)}
        for lesson in page.lessons[:2]
        for number, step in enumerate(lesson.steps)
    ]
    text = f'import type {{ LessonStep }} from "{types}";\n'
    text += f"export const steps: LessonStep[] = {json.dumps(steps)};\n"
    assert tsc(text, tmp_path) == ""


@pytest.mark.parametrize("damage", ["missing", "more", "other type"])
def test_an_answer_of_another_type_is_found_out(tsc, answers, tmp_path, damage):
    [(name, part)] = [(name, part) for name, part in answers if name == "attention"]
    damaged = {
        "missing": {field: value for field, value in part.items() if field != "num_heads"},
        "more": {**part, "num_feet": 2},
        "other type": {**part, "num_heads": "six"},
    }[damage]
    assert "error TS" in tsc(as_typescript([(name, damaged)]), tmp_path)


def test_the_types_name_every_part(answers):
    interface = re.search(
        r"interface Parts \{(.*?)\n\}", (STATIC_DIR / "core" / "types.d.ts").read_text(), re.S
    )
    assert re.findall(r"^  (\w+):", interface[1], re.M) == [name for name, _ in answers]


def test_numbers_survive_shortening():
    assert shortened({"a": [1, 2, 3, 4], "b": np.pi}) == {"a": [1, 2, 3], "b": np.pi}
