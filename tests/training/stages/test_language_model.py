"""How much the language model has to say."""

from types import SimpleNamespace

import torch

from hubert_demo.checkpoints import load, resolve
from hubert_demo.model import HubertForCTC
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.stages import language_model
from hubert_demo.training.stages.language_model import CHARACTER_BONUSES, LM_WEIGHTS, choose_decoding

from ..conftest import TINY


def test_the_weights_that_leave_the_fewest_wrong_words_are_taken(clips, tmp_path, monkeypatch):
    torch.manual_seed(0)
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path)
    loaded = load(resolve(tmp_path))
    wanted = LM_WEIGHTS[-1], CHARACTER_BONUSES[0]
    tried = []

    def beam_search(encoding, language_model, num_best, settings):
        tried.append((settings.lm_weight, settings.character_bonus))
        return [SimpleNamespace(text=clips[0].text if tried[-1] == wanted else "NOT A WORD RIGHT")]

    monkeypatch.setattr(language_model, "beam_search", beam_search)
    chosen = choose_decoding(loaded, None, clips[:1])
    assert (chosen.lm_weight, chosen.character_bonus) == wanted
    assert chosen.encoder == encoder_fingerprint(loaded.encoder)
    assert set(tried) == {(weight, bonus) for weight in LM_WEIGHTS for bonus in CHARACTER_BONUSES}
