"""The built wheel holds everything, and works where nothing else of this repository is."""

import json
import os
import subprocess
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def installed(root, tmp_path_factory):
    """A directory that holds what the wheel installs, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("hubert_explorer-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def files_under(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_whole_package_is_in_the_wheel(installed, root):
    ours = files_under(root / "hubert_demo")
    assert "ui/app.py" in ours
    assert any(name.startswith("ui/static/") for name in ours)
    assert ours <= files_under(installed / "hubert_demo")


def test_checkpoint_and_examples_are_in_the_wheel(installed, root):
    assets = files_under(root / "assets")
    assert {"hubert-explorer/model.safetensors", "hubert-explorer/config.json"} <= assets
    assert assets == files_under(installed / "hubert_demo" / "assets")


def test_nothing_else_is_in_the_wheel(installed):
    folders = {path.name for path in installed.iterdir()}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"hubert_demo"}


def test_the_licence_is_in_the_wheel(installed):
    assert list(installed.glob("hubert_explorer-*.dist-info/licenses/LICENSE"))


def test_an_installed_package_analyses_a_file_from_anywhere(installed, examples, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hubert_demo", "analyze", str(examples[0]), "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert result["file"] == str(examples[0])
    assert {"transcript", "words", "keyword"} <= result.keys()
    assert "error" not in result
