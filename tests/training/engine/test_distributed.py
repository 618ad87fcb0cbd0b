"""Training in two processes: each takes its share, and together they learn what one would."""

import os
import socket
import sys
from subprocess import PIPE, Popen

import pytest
import torch

SCRIPT = """
import sys
import numpy as np, torch
from pathlib import Path
from hubert_demo.model import HubertForCTC
from hubert_demo.training.engine import parallel
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.engine.checkpoints import character_tokenizer, small_config
from hubert_demo.training.stages.ctc import Reading
from hubert_demo.training.stages.pretrain import UnitPrediction
from hubert_demo.training.engine.trainer import Trainer, TrainerSettings
from dataclasses import replace

parallel.join()
tiny = replace(
    small_config(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    conv_dim=(8,) * 7, mask_time_prob=0.0,
)
rng = np.random.default_rng(0)
clips = []
for number, text in enumerate(["YES", "OFF", "TWO", "SIX"]):
    samples = (rng.standard_normal(16_000) * 3000).astype(np.int16)
    units = rng.integers(0, 500, (50, 1)).astype(np.int16)
    clips.append(Clip("c", str(number), "train", "s", text, 1.0, samples, units))
# Another start in every process: they must agree on the first one's weights.
torch.manual_seed(parallel.process())
model = HubertForCTC(tiny)
objectives = {"ctc": Reading(model.lm_head, character_tokenizer()), "units": UnitPrediction(32, 500, layer=1)}
# Four clips of a second in one batch, or two for each process.
settings = TrainerSettings(
    steps=3, batch_s=4.2 / parallel.num_processes(), warmup_steps=1, speed_share=0.0
)
trainer = Trainer(model.hubert, objectives, settings, Path(sys.argv[1]))
heard, losses = [], []
for _, batch in trainer._batches(clips):
    heard.append(sorted(clip.file for clip in batch.clips))
    losses.append(sum(trainer.train_step(batch).values()))
torch.save(
    {"heard": heard, "losses": losses, "weights": model.state_dict()},
    f"{sys.argv[1]}/process{parallel.process()}.pt",
)
"""


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    """Runs the script in so many processes and gives what each of them saved."""

    def run(num_processes):
        folder = tmp_path_factory.mktemp(f"processes{num_processes}")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        group = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(num_processes)}
        processes = [
            Popen(
                [sys.executable, "-c", SCRIPT, str(folder)],
                env={**os.environ, **group, "OMP_NUM_THREADS": "1", "RANK": str(rank)},
                stderr=PIPE,
                text=True,
            )
            for rank in range(num_processes)
        ]
        for process in processes:
            _, said = process.communicate(timeout=300)
            assert process.returncode == 0, said
        return [torch.load(folder / f"process{rank}.pt", weights_only=True) for rank in range(num_processes)]

    return run


@pytest.fixture(scope="module")
def pair(train):
    return train(2)


def test_two_processes_share_the_batches_and_make_one_model(pair):
    first, second = pair
    # In every step each hears other clips than the other; together they hear all four.
    for one, other in zip(first["heard"], second["heard"], strict=True):
        assert sorted(one + other) == ["0", "1", "2", "3"]
    for name, tensor in first["weights"].items():
        assert torch.equal(tensor, second["weights"][name])


@pytest.mark.slow
def test_two_processes_have_the_loss_of_one(train, pair):
    (alone,) = train(1)
    together = [(a + b) / 2 for a, b in zip(*(p["losses"] for p in pair), strict=True)]
    assert len(together) == 3
    assert together == pytest.approx(alone["losses"], rel=1e-4)
