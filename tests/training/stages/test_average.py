"""How much of what a checkpoint became goes into the mean with it."""

import pytest
import torch

from hubert_demo.model import HubertForCTC
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.stages import average
from hubert_demo.training.stages.average import SHARES, blend

from ..conftest import TINY


@pytest.mark.parametrize("best", [0.3, 1.0])
def test_the_share_that_reads_best_alone_and_with_quiet_is_taken(clips, tmp_path, monkeypatch, best):
    folders = [tmp_path / name for name in ("start", "one", "two")]
    models = [HubertForCTC(TINY) for _ in folders]
    with torch.no_grad():
        for value, (folder, model) in enumerate(zip(folders, models, strict=True)):
            model.lm_head.bias.fill_(float(value))
            save_ctc_checkpoint(model, folder)
    heard_s = []

    def character_error_rate(model, _, heard):
        heard_s.append(heard[0].duration_s)
        # The bias of the start is 0, that of the runs 1 and 2: their mean is 1.5.
        return abs(model.lm_head.bias[0].item() / 1.5 - best)

    monkeypatch.setattr(average, "character_error_rate", character_error_rate)
    monkeypatch.setattr(average, "transcribe_greedily", lambda model, tokenizer, clip: "")
    assert blend(folders[0], folders[1:], tmp_path / "mean", clips) == best
    mean = HubertForCTC.from_pretrained(tmp_path / "mean")
    assert mean.lm_head.bias.mean().item() == pytest.approx(1.5 * best, abs=1e-2)
    assert len(heard_s) == 2 * len(SHARES)
    assert heard_s[1] == pytest.approx(clips[0].duration_s + 12, abs=0.05)


def test_a_share_at_which_sounds_are_read_as_letters_is_not_taken(clips, tmp_path, monkeypatch):
    folders = [tmp_path / name for name in ("start", "run")]
    for value, folder in enumerate(folders):
        model = HubertForCTC(TINY)
        torch.nn.init.constant_(model.lm_head.bias, float(value))
        save_ctc_checkpoint(model, folder)

    def transcribe(model, _, clip):
        assert not clip.text
        return "A" if model.lm_head.bias[0] < 0.6 else ""

    monkeypatch.setattr(average, "character_error_rate", lambda model, _, heard: model.lm_head.bias[0].item())
    monkeypatch.setattr(average, "transcribe_greedily", transcribe)
    assert blend(folders[0], folders[1:], tmp_path / "mean", clips) == 0.7
