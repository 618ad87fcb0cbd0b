"""What was measured of sound decoders: the file beside them."""

import json
from dataclasses import replace

import pytest

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.sound_decoders import SoundDecoders
from hubert_demo.model.sound_scores import SCORES_NAME, SoundScores
from hubert_demo.model.taught import Origin

ORIGIN = Origin("0123", {"hours": 6.0, "seed": 0})
SCORES = SoundScores((0.8, 0.7), (0.5, -0.1), (0.9, 0.4), 0.37, 204, 4)


def test_they_are_read_as_they_were_saved_with_the_decoders_that_they_are_of(tmp_path):
    SoundDecoders(2, 4, 6, 8, 1, ORIGIN).save(tmp_path)
    assert SoundDecoders.from_directory(tmp_path).scores is None
    SCORES.save(tmp_path, ORIGIN)
    assert SoundDecoders.from_directory(tmp_path).scores == SCORES


def test_those_of_other_decoders_are_refused(tmp_path):
    SCORES.save(tmp_path, ORIGIN)
    for other in (replace(ORIGIN, encoder="4567"), replace(ORIGIN, taught={"hours": 1.0, "seed": 0})):
        with pytest.raises(CheckpointError, match="measured with other sound decoders than those beside it"):
            SoundScores.from_directory(tmp_path, other, 2)


@pytest.mark.parametrize(
    "damage",
    [
        {"share": [0.8]},
        {"pitch": [0.5, None]},
        {"speaker": 0.5},
        {"share": [0.8, "much"]},
        {"speaker": [0.9, float("nan")]},
        {"speaker_by_chance": 37},
        {"num_clips": 0},
        {"num_speakers": True},
    ],
)
def test_damaged_ones_are_a_sentence(tmp_path, damage):
    SCORES.save(tmp_path, ORIGIN)
    values = json.loads((tmp_path / SCORES_NAME).read_text())
    (tmp_path / SCORES_NAME).write_text(json.dumps({**values, **damage}))
    with pytest.raises(CheckpointError, match=f"{SCORES_NAME}.* cannot be read"):
        SoundScores.from_directory(tmp_path, ORIGIN, 2)
    values.pop(next(iter(damage)))
    (tmp_path / SCORES_NAME).write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match=f"{SCORES_NAME}.* cannot be read"):
        SoundScores.from_directory(tmp_path, ORIGIN, 2)


def test_without_a_pitch_nothing_is_saved(tmp_path):
    with pytest.raises(InputError, match="too little voice"):
        replace(SCORES, pitch=(0.5, float("nan"))).save(tmp_path, ORIGIN)
    assert not (tmp_path / SCORES_NAME).exists()
