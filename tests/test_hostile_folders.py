"""Checkpoint folders from strangers: analysed, or refused in a sentence; nothing of them is run."""

import random
import shutil
from contextlib import suppress

import pytest

from hubert_demo.checkpoints import CheckpointSpec, load
from hubert_demo.errors import CheckpointError
from tests.drivers import hostile_folders as hostile

NUM_RANDOM = 60


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder that is as it should be."""
    return hostile.sound(tmp_path_factory.mktemp("strangers") / "sound")


@pytest.fixture
def copied(sound, tmp_path):
    """The same folder, to be damaged."""
    return shutil.copytree(sound, tmp_path / "from a stranger")


def test_the_folder_that_is_damaged_below_was_sound(sound):
    assert hostile.trial(sound) is None


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_a_hostile_folder_is_refused_in_a_sentence(copied, kind):
    hostile.KINDS[kind](copied)
    said = hostile.trial(copied)
    assert said is not None
    # The page, the shell and notebooks need to know one kind of error only.
    with suppress(CheckpointError):
        load(CheckpointSpec("strange", "Strange", copied))


@pytest.mark.parametrize("number", range(NUM_RANDOM))
def test_a_folder_changed_at_random_is_analysed_or_refused(copied, number):
    """`python tests/drivers/hostile_folders.py` goes on from here for ten minutes."""
    told = hostile.mutated(copied, random.Random(f"0 {number}"))
    try:
        hostile.trial(copied)
    except Exception as error:
        pytest.fail(f"{told}: {type(error).__name__}: {error}")


def test_a_folder_that_has_gone_is_a_sentence(copied):
    spec = CheckpointSpec("gone", "Gone", copied)
    shutil.rmtree(copied)
    with pytest.raises(CheckpointError, match="The folder of gone no longer exists"):
        load(spec)
