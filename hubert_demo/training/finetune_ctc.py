"""Train the encoder with its CTC head: characters by CTC, and frame targets on a middle layer.

The frame targets (k-means units of a larger model's features) give the encoder a dense signal from the
first step, when CTC alone would still write nothing; both losses are learnt together. A run that starts
from a model that reads may learn a third thing: to tell the keyword classes apart by the mean of its
states, which is all that the keyword head will see of the frozen encoder.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn import functional as F

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.model import HubertConfig, HubertForCTC, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor
from hubert_demo.training.data import Clip, bucketed_batches, change_speed, normalised, pad_waveforms
from hubert_demo.training.evaluate import character_error_rate
from hubert_demo.training.keyword_examples import KeywordTask
from hubert_demo.training.muon import Muon

STATE_NAME = "training_state.pt"
CURVE_NAME = "curve.jsonl"
_TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ")


def small_config() -> HubertConfig:
    """Architecture of the embedded checkpoint: a slim front end and six post-norm layers of width 256.

    Dropout is off: on a CPU its random numbers cost half the training speed, and a model this small on
    this little data needs steps more than it needs regularisation.
    """
    return HubertConfig(
        vocab_size=len(_TOKENS),
        hidden_size=256,
        num_hidden_layers=6,
        num_attention_heads=4,
        intermediate_size=1024,
        conv_dim=(32, 64, 64, 128, 128, 256, 256),
        num_conv_pos_embeddings=31,
        hidden_dropout=0.0,
        activation_dropout=0.0,
        attention_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        mask_time_prob=0.05,
        ctc_zero_infinity=True,
    )


def character_tokenizer() -> Wav2Vec2CTCTokenizer:
    """The 32 tokens of hubert-large-ls960-ft's vocabulary, in frequency order."""
    return Wav2Vec2CTCTokenizer({token: index for index, token in enumerate(_TOKENS)})


@dataclass(frozen=True)
class CtcSettings:
    """Choices of a run; written beside its curve.

    Attributes:
        minutes: Training time, summed over resumed runs; the learning rate falls over its last part.
        batch_s: Most seconds of audio in a batch.
        peak_rate: Learning rate after warm-up.
        warmup_steps: Steps of linear warm-up.
        decay_share: Share of `minutes` over which the rate falls to zero.
        units_layer: Encoder layer that classifies the frame targets (0 is the layers' input).
        units_weight: Weight of that loss beside CTC's, both per frame or character.
        keyword_batch: Examples of the keyword classes in a step, where they are learnt too.
        keyword_weight: Weight of their loss.
        speed_share: Share of clips played 0.88 to 1.14 times as fast.
        save_every_s: Seconds between saved states.
        bfloat16: Compute in bfloat16 where autocast allows; pays only on hardware that has it.
        seed: Of initialisation, order and augmentation.
    """

    minutes: float = 60.0
    batch_s: float = 32.0
    peak_rate: float = 1e-3
    warmup_steps: int = 200
    decay_share: float = 0.4
    units_layer: int = 4
    units_weight: float = 1.0
    keyword_batch: int = 20
    keyword_weight: float = 1.0
    speed_share: float = 0.3
    save_every_s: float = 120.0
    bfloat16: bool = False
    seed: int = 0


@dataclass
class CtcTrainer:
    """A run that can stop at any moment and go on from its last saved state.

    Under `torchrun` every process takes its share of the batches and the gradients are averaged; the first
    one saves and validates.

    Attributes:
        model: Trained in place.
        units_head: Classifier of the frame targets; used in training only, never saved with the model.
        settings: The run's choices.
        work_dir: Receives the state, the curve and the latest checkpoint.
        keywords: Also learnt, if given; its head serves the training only.
    """

    model: HubertForCTC
    units_head: nn.Linear
    settings: CtcSettings
    work_dir: Path
    keywords: KeywordTask | None = None

    def __post_init__(self) -> None:
        """Make the optimisers and pick up a saved state if there is one."""
        self.tokenizer = character_tokenizer()
        matrices, others = _split_parameters(self.model, self.units_head)
        self.optimizers: list[torch.optim.Optimizer] = [
            Muon(matrices, lr=0.0, weight_decay=0.01),
            torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
        ]
        if self.keywords:
            head = self.keywords.head.parameters()
            self.optimizers.append(torch.optim.AdamW(head, lr=0.0, weight_decay=0.01, fused=True))
        self.step, self.elapsed_s, self.epoch = 0, 0.0, 0
        self.work_dir.mkdir(parents=True, exist_ok=True)
        if (self.work_dir / STATE_NAME).exists():
            self._resume()
        (self.work_dir / "settings.json").write_text(json.dumps(asdict(self.settings), indent=2) + "\n")

    def run(self, train: list[Clip], valid: list[Clip], valid_every_s: float = 300.0) -> None:
        """Train until the settings' minutes are used up, saving as it goes."""
        started = time.monotonic() - self.elapsed_s
        next_save = self.elapsed_s + self.settings.save_every_s
        next_valid = self.elapsed_s + valid_every_s
        heard_s, window_started, losses = 0.0, time.monotonic(), []
        for clips in self._batches(train):
            losses.append(self._train_step(clips))
            heard_s += sum(clip.duration_s for clip in clips)
            self.elapsed_s = _of_first_process(time.monotonic() - started)
            if _process() > 0:
                if self.elapsed_s > self.settings.minutes * 60:
                    return
                continue
            if self.step % 50 == 0:
                speed = heard_s / (time.monotonic() - window_started)
                self._log(losses, speed)
                heard_s, window_started, losses = 0.0, time.monotonic(), []
            is_over = self.elapsed_s > self.settings.minutes * 60
            if self.elapsed_s > next_save or is_over:
                self._save()
                next_save = self.elapsed_s + self.settings.save_every_s
            if self.elapsed_s > next_valid or is_over:
                self._note(valid_cer=self._validate(valid))
                next_valid = self.elapsed_s + valid_every_s
            if is_over:
                return

    def _batches(self, clips: list[Clip]) -> Iterator[list[Clip]]:
        while True:
            rng = np.random.default_rng((self.settings.seed, self.epoch, self.step))
            batches = list(bucketed_batches([c.duration_s for c in clips], self.settings.batch_s, rng))
            # As many for every process, so that none waits for another at the end.
            for number in range(len(batches) - len(batches) % _num_processes()):
                is_faster, factor = rng.random() < self.settings.speed_share, rng.uniform(0.88, 1.14)
                if number % _num_processes() == _process():
                    chosen = [clips[index] for index in batches[number]]
                    yield [change_speed(clip, factor) for clip in chosen] if is_faster else chosen
            self.epoch += 1

    def _rate(self) -> float:
        settings = self.settings
        warmup = min(1.0, (self.step + 1) / settings.warmup_steps)
        left = 1.0 - self.elapsed_s / (settings.minutes * 60)
        return settings.peak_rate * warmup * float(np.clip(left / settings.decay_share, 0.01, 1.0))

    def _train_step(self, clips: list[Clip]) -> dict[str, float]:
        self.model.train()
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self._rate()
        ctc_loss, units_loss = self._losses(clips)
        losses = {"ctc": ctc_loss, "units": units_loss}
        (ctc_loss + self.settings.units_weight * units_loss).backward()  # type: ignore[no-untyped-call]
        if self.keywords:
            losses["keywords"] = self.keywords.loss(self.model, self.settings.keyword_batch)
            (self.settings.keyword_weight * losses["keywords"]).backward()  # type: ignore[no-untyped-call]
        parameters = self._parameters()
        _average_gradients(parameters)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return {name: loss.item() for name, loss in losses.items()}

    def _modules(self) -> dict[str, nn.Module]:
        """Everything that learns."""
        modules: dict[str, nn.Module] = {"model": self.model, "units_head": self.units_head}
        return {**modules, "keyword_head": self.keywords.head} if self.keywords else modules

    def _parameters(self) -> list[nn.Parameter]:
        """All that got a gradient."""
        every = [p for module in self._modules().values() for p in module.parameters()]
        return [parameter for parameter in every if parameter.grad is not None]

    def _losses(self, clips: list[Clip]) -> tuple[Tensor, Tensor]:
        """CTC loss per character and cross-entropy per frame of one batch."""
        device = next(self.model.parameters()).device
        values = pad_waveforms([normalised(clip.samples) for clip in clips]).to(device)
        labels = [self.tokenizer.encode(clip.text) for clip in clips]
        with torch.autocast(device.type, torch.bfloat16, enabled=self.settings.bfloat16):
            encoded = self.model.hubert.encode(values, output_hidden_states=True)
            assert encoded.hidden_states is not None
            logits = self.model.lm_head(encoded.last_hidden_state)
            units_logits = self.units_head(encoded.hidden_states[self.settings.units_layer])
        frames = torch.full((len(clips),), logits.shape[1])
        lengths = torch.tensor([len(row) for row in labels])
        ctc = F.ctc_loss(
            logits.float().log_softmax(-1).transpose(0, 1),
            torch.tensor([i for row in labels for i in row], device=device),
            frames,
            lengths,
            blank=self.model.config.pad_token_id,
            reduction="sum",
            zero_infinity=True,
        ) / lengths.sum().clamp(min=1)
        targets = pad_units([clip.units for clip in clips], logits.shape[1]).to(device)
        units = F.cross_entropy(units_logits.float().flatten(0, 1), targets.flatten(), ignore_index=-100)
        return ctc, units

    def _validate(self, clips: list[Clip]) -> float:
        self.model.eval()
        rate = character_error_rate(self.model, self.tokenizer, clips).rate
        print(f"step {self.step}  character error rate on valid readers {rate:.3f}", flush=True)
        return rate

    def _log(self, losses: list[dict[str, float]], speed: float) -> None:
        means = {name: float(np.mean([step[name] for step in losses])) for name in losses[0]}
        left_min = self.settings.minutes - self.elapsed_s / 60
        shown = "  ".join(f"{name} {mean:.3f}" for name, mean in means.items())
        print(
            f"step {self.step}  epoch {self.epoch}  {shown}  {speed:.0f} audio-s/s  {left_min:.1f} min left",
            flush=True,
        )
        self._note(**means)

    def _note(self, **values: float) -> None:
        """Add a point to the run's curve."""
        point = {"step": self.step, "minute": self.elapsed_s / 60, **values}
        with (self.work_dir / CURVE_NAME).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(point) + "\n")

    def _save(self) -> None:
        state = {
            **{name: module.state_dict() for name, module in self._modules().items()},
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": (self.step, self.elapsed_s, self.epoch),
        }
        temporary = self.work_dir / (STATE_NAME + ".part")
        torch.save(state, temporary)
        temporary.replace(self.work_dir / STATE_NAME)
        save_ctc_checkpoint(self.model, self.work_dir / "checkpoint")

    def _resume(self) -> None:
        state = torch.load(self.work_dir / STATE_NAME, weights_only=True)
        for name, module in self._modules().items():
            module.load_state_dict(state[name])
        for optimizer, values in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        self.step, self.elapsed_s, self.epoch = state["progress"]


def _process() -> int:
    return distributed.get_rank() if distributed.is_initialized() else 0


def _num_processes() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def _of_first_process(value: float) -> float:
    """The first process's value, so that all agree on the learning rate and on when to stop."""
    if not distributed.is_initialized():
        return value
    shared = torch.tensor(value, dtype=torch.float64)
    distributed.broadcast(shared, 0)
    return shared.item()


def _average_gradients(parameters: list[nn.Parameter]) -> None:
    """Replace every gradient by its mean over the processes."""
    if not distributed.is_initialized():
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    means = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))


def pad_units(units: list[np.ndarray], num_frames: int) -> Tensor:
    """Frame targets (batch, num_frames), -100 where a row has none."""
    targets = torch.full((len(units), num_frames), -100, dtype=torch.long)
    for row, clip_units in enumerate(units):
        usable = min(len(clip_units), num_frames)
        targets[row, :usable] = torch.from_numpy(clip_units[:usable].astype(np.int64))
    return targets


def save_ctc_checkpoint(model: HubertForCTC, directory: Path) -> None:
    """Write the complete CTC folder in transformers' layout, weights in half precision."""
    model.save_pretrained(directory, dtype=torch.float16)
    Wav2Vec2FeatureExtractor(sampling_rate=SAMPLE_RATE_HZ).save_pretrained(directory)
    character_tokenizer().save_pretrained(directory)


def _split_parameters(*modules: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Matrices of the Transformer layers (for Muon), and everything else (for AdamW)."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for module in modules:
        for name, parameter in module.named_parameters():
            is_matrix = parameter.ndim == 2 and "encoder.layers" in name
            (matrices if is_matrix else others).append(parameter)
    return matrices, others
