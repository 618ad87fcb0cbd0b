"""The rooms of the package and the doors between them: the import table of CONTRIBUTING.md, enforced."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "hubert_demo"

# What each room may import besides itself.
DOORS = {
    "deprecation": set(),
    "errors": set(),
    "memo": set(),
    "audio": {"errors"},
    "encoding": {"audio", "errors"},
    "model": {"audio", "errors"},
    "checkpoints": {"model", "memo", "errors"},
    "inference": {"checkpoints", "encoding", "model", "audio", "memo", "errors"},
    "analysis": {"encoding", "memo", "audio", "errors"},
    "plotting": {"analysis", "encoding"},
    "api": {"inference", "analysis", "checkpoints", "encoding", "memo", "audio", "errors"},
    "export": {"api", "analysis", "plotting", "encoding", "audio", "errors"},
    "commands": {"api", "export", "plotting", "errors"},
    "__main__": {"commands"},
    "training": {"model", "audio", "checkpoints", "encoding", "inference", "analysis", "plotting", "errors"},
    "tf": {"model.config", "errors"},
    # hubert_demo/__init__.py hands out the names that users need, and imports what is heavy on first use.
    "__init__": {"api", "audio", "errors"},
}

ROOMS = set(DOORS) - {"__init__", "training"}
DOORS["benchmark"] = ROOMS
DOORS["ui"] = ROOMS
for doors in DOORS.values():
    doors.add("deprecation")

# Libraries that only some rooms may import.
OWNERS = {
    "gradio": {"ui"},
    "gradio_client": set(),
    "matplotlib": {"plotting"},
    "umap": {"analysis"},
    "transformers": {"benchmark"},
    "keras": {"tf"},
    "tensorflow": {"tf"},
    "spaces": {"ui"},
}
# Where a library is called otherwise than the distribution that brings it.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "flash_attn": "flash-attn",
    "huggingface_hub": "huggingface-hub",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
}
# An extra in pyproject.toml: it compiles against CUDA and must not stop an installation without.
OPTIONAL = {"flash-attn"}
# Only where Hugging Face installs it: on its Spaces.
PROVIDED = {"spaces"}
MAX_LINES = 400


class Import(NamedTuple):
    module: str
    """Absolute dotted name of what is imported, names after `from` included."""
    line: int
    lazy: bool
    """Inside a function: it happens on use, not when the module is loaded."""


def module_name(path: Path) -> str:
    """Dotted name of a file of the package, with a package's own `__init__` kept."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(source: str, name: str) -> list[Import]:
    """Every import statement of a module, those inside functions too."""
    found: list[Import] = []
    package = name.rsplit(".", 1)[0]

    def visit(node: ast.AST, lazy: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            found.extend(Import(f"{base}.{alias.name}", node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            target = node.args[0] if node.args else None
            if isinstance(target, ast.Constant) and isinstance(target.value, str):
                resolved = importlib.util.resolve_name(target.value, package)
                found.append(Import(resolved, node.lineno, lazy))
        inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(ast.parse(source), lazy=False)
    return found


def violations(source: str, path: Path) -> list[str]:
    """Sentences on every import that the table forbids to the file at `path`."""
    room, name = room_of(path), module_name(path)
    complaints = []
    for found in imports_of(source, name):
        top, *rest = found.module.split(".")
        where = f"{path.relative_to(PACKAGE.parent)}:{found.line}"
        if top == PACKAGE.name:
            inner = ".".join(rest)
            if not rest or rest[0] not in DOORS:
                if inner != "__version__":
                    complaints.append(f"{where}: import {found.module} from the room that defines it")
            elif not any(inner == door or inner.startswith(f"{door}.") for door in DOORS[room] | {room}):
                complaints.append(f"{where}: {room} may not import {found.module}")
        elif top in OWNERS and room not in OWNERS[top]:
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
        (path.relative_to(PACKAGE).as_posix(), found.lazy)
        for path in SOURCES
        for found in imports_of(path.read_text(), module_name(path))
        if found.module.split(".")[0] == "umap"
    }
    assert users == {("analysis/layers/projection.py", True)}


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
    imported = third_party_imports(lambda room: room not in {"training", "benchmark", "tf"})
    assert imported - OPTIONAL - PROVIDED == required("requirements.txt")


def test_training_needs_no_more_than_its_extra():
    extra = third_party_imports(lambda room: room == "training") - required("requirements.txt")
    assert extra == {"tqdm", "scipy"}


def test_plotting_imports_no_torch():
    users = [
        f"{path.name}:{found.line}"
        for path in SOURCES
        if room_of(path) == "plotting"
        for found in imports_of(path.read_text(), module_name(path))
        if found.module.split(".")[0] == "torch"
    ]
    assert users == []


def test_pyplot_is_imported_nowhere():
    users = [path for path in SOURCES if "pyplot" in path.read_text()]
    assert users == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("model/encoder.py", "from ..analysis import ctc"),
        ("model/encoder.py", "def f():\n    from hubert_demo.inference import encode"),
        ("model/encoder.py", "from .. import inference"),
        ("model/encoder.py", "import importlib\nimportlib.import_module('hubert_demo.ui')"),
        ("model/encoder.py", "from hubert_demo import analyze"),
        ("errors.py", "from .audio import Waveform"),
        ("plotting/figures.py", "from ..inference import Encoding"),
        ("tf/model.py", "from ..model.encoder import HubertModel"),
        ("api.py", "import gradio"),
        ("analysis/ctc.py", "from matplotlib.figure import Figure"),
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
        ("tf/model.py", "from ..model.config import HubertConfig"),
        ("plotting/figures.py", "from ..analysis.ctc import Transcript"),
        ("ui/views/layers.py", "import gradio as gr\nfrom hubert_demo.api import analyze"),
    ],
)
def test_the_walk_lets_allowed_imports_pass(room, source):
    assert violations(source, PACKAGE / room) == []


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'torch', 'gradio', 'numpy', 'librosa', 'matplotlib', 'umap', 'sklearn', 'transformers'}"
    code = f"import hubert_demo, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_app_imports_the_page_alone():
    found = imports_of((PACKAGE.parent / "app.py").read_text(), "app")
    ours = {item.module for item in found if item.module.split(".")[0] == PACKAGE.name}
    assert ours
    assert all(module.startswith("hubert_demo.ui") for module in ours)
