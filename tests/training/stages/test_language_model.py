"""How much the language model has to say."""

from dataclasses import replace
from types import SimpleNamespace

import torch

from hubert_demo.checkpoints import load, resolve
from hubert_demo.model import HubertForCTC
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.stages import language_model
from hubert_demo.training.stages.language_model import BONUSES_PER_WEIGHT, LM_WEIGHTS, choose_decoding

from ..conftest import TINY


def test_the_least_weight_that_is_not_surely_worse_is_taken_with_its_best_bonus(clips, tmp_path, monkeypatch):
    torch.manual_seed(0)
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path)
    loaded = load(resolve(tmp_path))
    best, nearly, poor = LM_WEIGHTS[-1], LM_WEIGHTS[1], LM_WEIGHTS[0]
    bonuses = [round(nearly * bonus, 2) for bonus in BONUSES_PER_WEIGHT]
    # Words right of ten, in each of twenty clips.
    heard = {weight: [5] * 20 for weight in LM_WEIGHTS} | {best: [8] * 20, poor: [7] * 20}
    tried = []

    def beam_search(encoding, language_model, num_best, settings):
        weight, bonus = settings.lm_weight, settings.character_bonus
        if (weight, bonus) not in tried:
            tried.append((weight, bonus))
            counts[:] = [6, 9] * 8 + [8] * 4 if (weight, bonus) == (nearly, bonuses[1]) else heard[weight]
        return [SimpleNamespace(text=" ".join(["RIGHT"] * counts[0] + ["WRONG"] * (10 - counts.pop(0))))]

    counts = []
    monkeypatch.setattr(language_model, "beam_search", beam_search)
    chosen = choose_decoding(loaded, None, [replace(clips[0], text=" ".join(["RIGHT"] * 10))] * 20)
    assert (chosen.lm_weight, chosen.character_bonus) == (nearly, bonuses[1])
    assert chosen.encoder == encoder_fingerprint(loaded.encoder)
    assert len(tried) == len(LM_WEIGHTS) * len(BONUSES_PER_WEIGHT)
