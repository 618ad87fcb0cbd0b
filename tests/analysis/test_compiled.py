"""Compiled code is kept where it can be, and nowhere that others could write to."""

import os
import stat
import subprocess
import sys
import tempfile

import pytest

from hubert_demo.analysis import compiled

# Nobody can write there, root included.
READ_ONLY = "/proc/installation"


@pytest.fixture(autouse=True)
def unset(monkeypatch, tmp_path):
    monkeypatch.delenv(compiled.CACHE_VARIABLE, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_nothing_is_changed_where_packages_can_be_written(tmp_path):
    compiled.keep_compiled([tmp_path])
    assert compiled.CACHE_VARIABLE not in os.environ


def test_what_the_user_chose_stays(monkeypatch):
    monkeypatch.setenv(compiled.CACHE_VARIABLE, "/mine")
    compiled.keep_compiled([compiled.Path(READ_ONLY)])
    assert os.environ[compiled.CACHE_VARIABLE] == "/mine"


def test_a_read_only_installation_gets_a_private_folder_that_stays(tmp_path):
    compiled.keep_compiled([compiled.Path(READ_ONLY)])
    folder = compiled.Path(os.environ.pop(compiled.CACHE_VARIABLE))
    assert folder.parent == tmp_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    compiled.keep_compiled([compiled.Path(READ_ONLY)])
    assert compiled.Path(os.environ[compiled.CACHE_VARIABLE]) == folder


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path):
    (tmp_path / f"hubert-explorer-numba-{os.getuid()}").mkdir()
    (tmp_path / f"hubert-explorer-numba-{os.getuid()}").chmod(0o777)
    compiled.keep_compiled([compiled.Path(READ_ONLY)])
    folder = compiled.Path(os.environ[compiled.CACHE_VARIABLE])
    assert folder.name != f"hubert-explorer-numba-{os.getuid()}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_map_is_made_where_the_installation_is_read_only(root, tmp_path):
    """Numba's own way out, a folder in the user's home, is closed too."""
    program = (
        "from pathlib import Path; import numpy as np\n"
        "import numba.core.caching as caching\n"
        "def closed(self): raise OSError('read-only')\n"
        "for name, locator in vars(caching).items():\n"
        "    if 'InTree' in name or 'UserWide' in name: locator.ensure_cache_path = closed\n"
        "from hubert_demo.analysis import compiled\n"
        f"compiled.keep_compiled([Path({READ_ONLY!r})])\n"
        "import numba; numba.config.reload_config()\n"
        "import librosa.filters; print(compiled.CACHE_VARIABLE in __import__('os').environ)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != compiled.CACHE_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={**environment, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "True", done.stderr


def test_a_user_without_a_home_is_no_error(monkeypatch):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(compiled.Path, "home", nowhere)
    monkeypatch.setattr(compiled, "_package_folders", lambda: [compiled.Path(READ_ONLY)])
    compiled.keep_compiled()
    assert compiled.CACHE_VARIABLE in os.environ
