"""The rooms of the package and the doors between them: the table of CONTRIBUTING.md, enforced."""

import ast
import graphlib
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "hubert_demo"

# How an import happens, and so which doors let it through.
WHEN = ("at once", "lazily", "for types")
# What a mark in the table lets through; a door without a mark lets everything through.
MARKS = {"": set(WHEN), " (lazily)": {"lazily", "for types"}, " (types)": {"for types"}}


def read_table(text: str) -> dict[str, dict[str, set[str]]]:
    """The doors of every room: for each room or module that may be imported, when it may be.

    Args:
        text: A page with a table of three columns: room, what lives there, what it may import.
    """
    cells = re.findall(r"^\| `(\w+)(?:/|\.py)` \|[^|]*\| ([^|]*) \|$", text, re.MULTILINE)
    rooms = [name for name, _ in cells]
    return {name: _doors(name, cell, rooms) for name, cell in cells}


def _doors(name: str, cell: str, rooms: list[str]) -> dict[str, set[str]]:
    if cell == "nothing":
        return {}
    if cell.startswith("all but "):
        others = cell.removeprefix("all but ").split(", ")
        assert set(others) <= set(rooms), cell
        return {room: MARKS[""] for room in rooms if room not in {*others, name, "__init__", "__main__"}}
    doors = {}
    for item in cell.split(", "):
        room, mark = re.fullmatch(r"([\w.]+)( \(\w+\))?", item).groups(default="")
        assert room.split(".")[0] in rooms, item
        doors[room] = MARKS[mark]
    return doors


DOORS = read_table((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))

# Libraries that only some rooms may import.
OWNERS = {
    "gradio": ["ui"],
    "gradio_client": [],
    "matplotlib": ["plotting"],
    "umap": ["analysis/layers"],
    "transformers": ["benchmark"],
    "keras": ["tf"],
    "optree": ["tf"],
    "tensorflow": ["tf", "model/batch.py"],
    "spaces": ["ui"],
}
# Where a library is called otherwise than the distribution that brings it.
DISTRIBUTIONS = {
    "python_multipart": "python-multipart",
    "yaml": "pyyaml",
    "PIL": "pillow",
    "flash_attn": "flash-attn",
    "huggingface_hub": "huggingface-hub",
    "kokoro_onnx": "kokoro-onnx",
    "sklearn": "scikit-learn",
    "tensorflow": "tensorflow-cpu",
    "umap": "umap-learn",
}
# Extras in pyproject.toml: one compiles against CUDA and must not stop an installation without, the others
# speak with synthetic voices, or are TensorFlow, which brings keras and optree.
VOICES = {"kokoro-onnx", "onnxruntime"}
JUDGE = {"faster_whisper"}
TENSORFLOW = {"tensorflow-cpu", "keras", "optree"}
OPTIONAL = {"flash-attn", *VOICES, *TENSORFLOW}
# Only where Hugging Face installs it: on its Spaces.
PROVIDED = {"spaces"}
MAX_LINES = 400


class Import(NamedTuple):
    module: str
    """Absolute dotted name of what is imported, names after `from` included."""
    line: int
    when: str
    """One of `WHEN`: when the module is loaded, on use inside a function, or for a type checker alone."""


def module_name(path: Path) -> str:
    """Dotted name of a file of the package, with a package's own `__init__` kept."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(source: str, name: str) -> list[Import]:
    """Every import statement of a module, those inside functions too."""
    found: list[Import] = []
    package = name.rsplit(".", 1)[0]

    def visit(node: ast.AST, when: str) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, node.lineno, when) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            found.extend(Import(f"{base}.{alias.name}", node.lineno, when) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            target = node.args[0] if node.args else None
            if isinstance(target, ast.Constant) and isinstance(target.value, str):
                resolved = importlib.util.resolve_name(target.value, package)
                found.append(Import(resolved, node.lineno, when))
        inside = when
        if when == "at once" and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = "lazily"
        elif isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            inside = "for types"
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(ast.parse(source), "at once")
    return found


def violations(source: str, path: Path, doors: dict[str, dict[str, set[str]]] = DOORS) -> list[str]:
    """Sentences on every import that the table forbids to the file at `path`."""
    room, name = room_of(path), module_name(path)
    complaints = []
    for found in imports_of(source, name):
        top, *rest = found.module.split(".")
        where = f"{path.relative_to(PACKAGE.parent)}:{found.line}"
        if top == PACKAGE.name:
            inner = ".".join(rest)
            if not rest or rest[0] not in doors:
                if inner != "__version__":
                    complaints.append(f"{where}: import {found.module} from the room that defines it")
            elif rest[0] != room and not any(
                (inner == door or inner.startswith(f"{door}.")) and found.when in allowed
                for door, allowed in doors[room].items()
            ):
                complaints.append(f"{where}: {room} may not import {found.module} {found.when}")
        elif top in OWNERS and not any(path.is_relative_to(PACKAGE / owner) for owner in OWNERS[top]):
            complaints.append(f"{where}: {room} may not import {top}")
    return complaints


SOURCES = sorted(PACKAGE.rglob("*.py"))
IDS = [str(path.relative_to(PACKAGE)) for path in SOURCES]


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_module_lives_in_a_known_room(path):
    assert room_of(path) in DOORS


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_imports_keep_to_the_table(path):
    assert violations(path.read_text(), path) == []


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_file_fits_the_limit(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_only_the_projection_imports_umap_and_only_inside_a_function():
    users = {
        (path.relative_to(PACKAGE).as_posix(), found.when)
        for path in SOURCES
        for found in imports_of(path.read_text(), module_name(path))
        if found.module.split(".")[0] == "umap"
    }
    assert users == {("analysis/layers/projection.py", "lazily")}


def third_party_imports(room_filter):
    """Top-level names of every library that the rooms let through import."""
    tops = {
        found.module.split(".")[0]
        for path in SOURCES
        if room_filter(room_of(path))
        for found in imports_of(path.read_text(), module_name(path))
    }
    return {DISTRIBUTIONS.get(top, top) for top in tops - {PACKAGE.name} - sys.stdlib_module_names}


def required(path):
    lines = (line.strip() for line in (PACKAGE.parent / path).read_text().splitlines())
    return {re.split(r"[<>=\[]", line)[0] for line in lines if line and line[0] not in "#-"}


def test_requirements_are_what_the_package_imports():
    imported = third_party_imports(lambda room: room not in {"training", "benchmark"})
    assert imported - OPTIONAL - PROVIDED == required("requirements.txt")


def test_training_needs_no_more_than_its_extra():
    extra = third_party_imports(lambda room: room == "training") - required("requirements.txt") - VOICES
    assert extra - JUDGE == {"tqdm", "scipy"}


def test_only_the_outside_judge_of_sound_imports_whisper_and_only_inside_a_function():
    users = {
        (path.relative_to(PACKAGE).as_posix(), found.when)
        for path in SOURCES
        for found in imports_of(path.read_text(), module_name(path))
        if found.module.partition(".")[0] in JUDGE
    }
    assert users == {("training/evaluation/judge.py", "lazily")}


def test_only_synthesis_imports_the_voices_and_only_inside_a_function():
    users = {
        (path.relative_to(PACKAGE).as_posix(), found.module, found.when)
        for path in SOURCES
        for found in imports_of(path.read_text(), module_name(path))
        if DISTRIBUTIONS.get(found.module, found.module) in VOICES and found.when != "for types"
    }
    where = "training/stages/synthesise.py"
    assert users == {(where, "kokoro_onnx", "lazily"), (where, "onnxruntime", "lazily")}


def test_extras_are_what_may_be_missing():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {re.split("[<>=]", line)[0] for line in extras["voices"]} == VOICES
    assert {re.split("[<>=]", line)[0] for line in extras["flash"]} == OPTIONAL - VOICES - TENSORFLOW
    assert {re.split("[<>=]", line)[0] for line in extras["tf"]} == TENSORFLOW - {"keras", "optree"}


def test_the_processor_imports_tensorflow_only_when_tensors_of_it_are_asked_for():
    users = {
        (path.relative_to(PACKAGE).as_posix(), found.when)
        for path in SOURCES
        for found in imports_of(path.read_text(), module_name(path))
        if found.module.split(".")[0] == "tensorflow" and room_of(path) != "tf"
    }
    assert users == {("model/batch.py", "lazily")}


def modules_behind(source: str, name: str) -> dict[str, set[str]]:
    """What a module of the package imports: names of its modules, and of libraries, each with when.

    A name that a package hands out lazily counts as the package's own import.
    """
    behind: dict[str, set[str]] = {}
    for found in imports_of(source, name):
        target = found.module
        while target.split(".")[0] == PACKAGE.name and target not in MODULES:
            target = target.rpartition(".")[0]
        behind.setdefault(target if target in MODULES else target.split(".")[0], set()).add(found.when)
    behind.pop(name.removesuffix(".__init__"), None)
    return behind


MODULES = {module_name(path).removesuffix(".__init__"): path for path in SOURCES}
GRAPH = {name: modules_behind(path.read_text(), module_name(path)) for name, path in MODULES.items()}


def reached_from(start: str, graph: dict[str, dict[str, set[str]]]) -> set[str]:
    """Every module and library that a module may come to import, through others and inside functions."""
    reached, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        is_package = name in MODULES and MODULES[name].name == "__init__.py"
        # For a type checker alone nothing is loaded, unless a package hands it out.
        waiting += [
            other for other, when in graph.get(name, {}).items() if is_package or when != {"for types"}
        ]
    return reached


def test_module_level_imports_form_no_circle():
    at_once = {
        name: {other for other, when in behind.items() if "at once" in when and other in MODULES}
        for name, behind in GRAPH.items()
    }
    assert list(graphlib.TopologicalSorter(at_once).static_order())


@pytest.mark.parametrize(
    "name", [name for name in MODULES if name.split(".")[1:2] in (["analysis"], ["plotting"], ["encoding"])]
)
def test_what_is_numpy_alone_has_no_path_to_torch(name):
    assert not {"torch", "safetensors"} & reached_from(name, GRAPH)


def test_the_search_for_paths_finds_one():
    assert "torch" in reached_from("hubert_demo.api", GRAPH)
    detour = {**GRAPH, "hubert_demo.memo": {"hubert_demo.inference": {"lazily"}}}
    assert "torch" in reached_from("hubert_demo.analysis.layers.projection", detour)


def test_pyplot_is_imported_nowhere():
    users = [path for path in SOURCES if "pyplot" in path.read_text()]
    assert users == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("model/encoder.py", "from ..analysis.transcript import ctc"),
        ("model/encoder.py", "def f():\n    from hubert_demo.inference import encode"),
        ("model/encoder.py", "from .. import inference"),
        ("model/encoder.py", "import importlib\nimportlib.import_module('hubert_demo.ui')"),
        ("model/encoder.py", "from hubert_demo import analyze"),
        ("errors.py", "from .audio import Waveform"),
        ("encoding.py", "from .inference import encode"),
        ("analysis/transcript/ctc.py", "from hubert_demo.inference import encode"),
        ("plotting/figures.py", "from ..inference import encode"),
        ("api.py", "import gradio"),
        ("analysis/transcript/ctc.py", "from matplotlib.figure import Figure"),
        ("analysis/transcript/ctc.py", "def f():\n    import umap"),
        ("commands/analyze.py", "from hubert_demo.export import Choices"),
        ("__init__.py", "from hubert_demo.api import analyze"),
        ("ui/app.py", "from ..training import data"),
        ("ui/views/layers.py", "from matplotlib.figure import Figure"),
        ("inference.py", "import transformers"),
    ],
)
def test_the_walk_sees_forbidden_imports(room, source):
    assert len(violations(source, PACKAGE / room)) == 1


@pytest.mark.parametrize(
    ("room", "source"),
    [
        (
            "model/encoder.py",
            "from .config import HubertConfig\nfrom ..errors import InputError\nimport torch",
        ),
        ("plotting/figures.py", "from ..analysis.transcript.ctc import Transcript"),
        ("commands/analyze.py", "def f():\n    from hubert_demo.export import Choices"),
        ("__init__.py", "if TYPE_CHECKING:\n    from hubert_demo.api import analyze"),
        ("ui/views/layers.py", "import gradio as gr\nfrom hubert_demo.api import analyze"),
    ],
)
def test_the_walk_lets_allowed_imports_pass(room, source):
    assert violations(source, PACKAGE / room) == []


def test_the_table_is_read_as_it_is_written():
    page = """
| room | lives there | may import |
|---|---|---|
| `errors.py` | sentences | nothing |
| `model/` | HuBERT | errors |
| `export/` | files | model.config, errors (lazily) |
| `plotting/` | figures | export (types) |
| `ui/` | the page | all but plotting |
"""
    doors = read_table(page)
    assert list(doors) == ["errors", "model", "export", "plotting", "ui"]
    assert set(doors["ui"]) == {"errors", "model", "export"}
    both = "from ..errors import InputError\nfrom ..model.config import HubertConfig"
    assert len(violations(both, PACKAGE / "export" / "x.py", doors)) == 1
    assert (
        violations("def f():\n    from ..errors import InputError", PACKAGE / "export" / "x.py", doors) == []
    )
    assert len(violations("from ..model.encoder import HubertModel", PACKAGE / "export" / "x.py", doors)) == 1
    for_types = "if TYPE_CHECKING:\n    from ..export import Choices"
    assert violations(for_types, PACKAGE / "plotting" / "x.py", doors) == []
    assert len(violations("from ..export import Choices", PACKAGE / "plotting" / "x.py", doors)) == 1


def test_every_room_of_the_table_exists():
    assert {room_of(path) for path in SOURCES} == set(DOORS)


def loaded_by(modules, libraries):
    """Which of the libraries are loaded once the modules have been imported, in a process of its own."""
    code = f"import {', '.join(modules)}, sys; print(*sorted({set(libraries)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["torch", "gradio", "numpy", "librosa", "matplotlib", "umap", "sklearn", "transformers"]
    assert loaded_by(["hubert_demo"], heavy) == []


def test_importing_the_model_loads_nothing_of_the_page():
    models = [name for name in MODULES if name.startswith("hubert_demo.model")]
    assert loaded_by(models, ["gradio", "matplotlib", "umap", "transformers", "torch"]) == ["torch"]


def test_importing_analysis_and_plotting_loads_no_torch():
    rooms = [name for name in MODULES if name.split(".")[1:2] in (["analysis"], ["plotting"], ["encoding"])]
    assert loaded_by(rooms, ["torch", "gradio", "umap", "numpy"]) == ["numpy"]


def test_app_imports_the_page_alone():
    found = imports_of((PACKAGE.parent / "app.py").read_text(), "app")
    ours = {item.module for item in found if item.module.split(".")[0] == PACKAGE.name}
    assert ours
    assert all(module.startswith("hubert_demo.ui") for module in ours)
