"""The fingerprint of an encoder."""

import torch

from hubert_demo.model import HubertConfig, HubertForCTC, HubertModel
from hubert_demo.model.fingerprint import encoder_fingerprint

TINY = HubertConfig(
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=32,
    conv_dim=(4,) * 7,
    num_conv_pos_embeddings=4,
    num_conv_pos_embedding_groups=2,
)


def test_it_is_the_same_before_and_after_the_weights_are_stored(tmp_path):
    torch.manual_seed(0)
    model = HubertForCTC(TINY)
    model.save_pretrained(tmp_path, dtype=torch.float16)
    stored = HubertModel.from_pretrained(tmp_path)
    assert encoder_fingerprint(stored) == encoder_fingerprint(model.hubert)
    assert len(encoder_fingerprint(stored)) == 16


def test_other_weights_have_another_one():
    torch.manual_seed(0)
    encoder = HubertModel(TINY)
    before = encoder_fingerprint(encoder)
    with torch.no_grad():
        next(encoder.parameters()).view(-1)[0] += 0.1
    assert encoder_fingerprint(encoder) != before
