"""Training in two processes: each takes its share, and they stay one model."""

import os
import socket
import sys
from subprocess import PIPE, Popen

import torch

SCRIPT = """
import sys
import numpy as np, torch
from pathlib import Path
from torch import distributed
from hubert_demo.model import HubertForCTC
from hubert_demo.training.data import Clip
from hubert_demo.training.finetune_ctc import CtcSettings, CtcTrainer, small_config
from dataclasses import replace

distributed.init_process_group("gloo")
tiny = replace(
    small_config(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    conv_dim=(8,) * 7, mask_time_prob=0.0,
)
rng = np.random.default_rng(0)
clips = []
for number, text in enumerate(["YES", "NO", "UP", "GO"]):
    samples = (rng.standard_normal(16_000) * 3000).astype(np.int16)
    units = rng.integers(0, 500, 50).astype(np.int16)
    clips.append(Clip("c", str(number), "train", "s", text, 1.0, samples, units))
torch.manual_seed(0)
model = HubertForCTC(tiny)
# Batches of two clips: one for each process.
settings = CtcSettings(minutes=1.0, batch_s=2.1, warmup_steps=1, units_layer=1, speed_share=0.0)
trainer = CtcTrainer(model, torch.nn.Linear(32, 500), settings, Path(sys.argv[1]))
heard = []
for _, batch in zip(range(3), trainer._batches(clips)):
    heard.append(sorted(clip.file for clip in batch))
    trainer._train_step(batch)
torch.save({"heard": heard, "weights": model.state_dict()}, f"{sys.argv[1]}/rank{distributed.get_rank()}.pt")
distributed.destroy_process_group()
"""


def test_two_processes_share_the_batches_and_make_one_model(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    group = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    processes = [
        Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path)],
            env={**os.environ, **group, "RANK": str(rank)},
            stderr=PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for process in processes:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    first, second = (torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in range(2))
    # In every step each hears other clips than the other; together they hear all four.
    for one, other in zip(first["heard"], second["heard"], strict=True):
        assert sorted(one + other) == ["0", "1", "2", "3"]
    for name, tensor in first["weights"].items():
        assert torch.equal(tensor, second["weights"][name])
