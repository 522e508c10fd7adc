"""Trains ``starter`` from nothing: the text side imitates a sentence model, then both learn from pictures.

Pictures and words are brought together by a contrastive loss with many right answers (Yang et al., Unified
Contrastive Learning, CVPR 2022), from which pairs of unknown truth are left out.
"""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, kl_div, normalize

from plugins.encoders.starter.network import DIM, WIDTHS, PictureTower
from plugins.encoders.starter.training.concepts import FALSE, TRUE, UNKNOWN, Concepts
from plugins.encoders.starter.training.drawn import Scene, draw, scenes
from plugins.encoders.starter.training.looks import crop, jitter, looks
from plugins.encoders.starter.training.phrases import drawn_phrases, photograph_phrases, photograph_truth
from plugins.encoders.starter.training.pictures import Library, weights
from plugins.encoders.starter.training.sentences import DIM as IMITATED
from plugins.encoders.starter.training.text import TextTower
from plugins.encoders.starter.words import Vocabulary

DRAWN = 32
"""drawn pictures in a batch"""
DRAWN_KEPT = 12_000
"""of which they are taken"""
DRAWN_SIDE = 80
SIDES = ((0.4, (40, 48, 56)), (0.8, (48, 64, 72)), (1.0, (56, 64, 72)))
"""pixels that pictures are seen at, one for each batch: small ones until a share of the steps is done"""
SHORT, SHORT_SHARE = 5, 0.75
"""pieces of a text that counts as a word, not a sentence; how often words are imitated"""
APART, BESIDE = 512, 96
"""texts that are imitated in a step without pictures, and in one with pictures"""
EACH = 1
"""texts for a picture, beside its caption"""
WARM = 400
"""steps until the full rate"""
FIRST_SCALE, LARGEST_SCALE = 15.0, 50.0
"""what likenesses are multiplied by before they are compared; it is learned"""
SHARPNESS = 12.0
"""what the sentence model's are multiplied by"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how."""

    steps: int
    text_steps: int
    batch: int
    rate: float
    device: str
    out: Path


@dataclass(frozen=True, slots=True)
class Batch:
    """Photographs and, after them, drawings."""

    images: Tensor
    """float (n, 3, side, side) in 0..1"""
    kinds: NDArray[np.int64]
    """(n,), -1 where drawn"""
    sources: Tensor
    """(n,) into the sources of the library; 0 where drawn"""
    said: list[tuple[str, ...]]
    """captions of every picture, mostly none"""
    scenes: list[Scene]
    """of the drawings"""


class Model(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Both towers and what only training needs."""

    def __init__(self, pieces: int, kinds: int) -> None:
        super().__init__()
        self.picture = PictureTower()
        self.text = TextTower(pieces)
        self.imitate = nn.Linear(DIM, IMITATED)
        self.classify = nn.Linear(WIDTHS[-1], kinds)
        self.scale = nn.Parameter(torch.tensor(math.log(FIRST_SCALE)))


class Trainer:
    """One run, which stops and goes on where it was."""

    def __init__(
        self,
        plan: Plan,
        library: Library,
        concepts: Concepts,
        vocabulary: Vocabulary,
        texts: list[str],
        taught: NDArray[np.float16],
    ) -> None:
        """``taught`` are the sentence model's vectors of ``texts``, (len(texts), IMITATED)."""
        self.plan, self.library, self.concepts, self.vocabulary = plan, library, concepts, vocabulary
        self.numbers, self.taught = torch.from_numpy(vocabulary.numbers(texts)), torch.from_numpy(taught)
        short = (self.numbers != 0).sum(1) <= SHORT
        self.by_length = (short.nonzero().squeeze(1), (~short).nonzero().squeeze(1))
        self.random, self.rng = Random(0), np.random.default_rng(0)
        self.drawn = self._draw()
        self.shares = weights(library)
        self.of_source = torch.full((len(library.sources), library.classes), -1e4)
        for row, source in enumerate(library.sources):
            kinds = np.unique(source.kinds)
            self.of_source[row, kinds[kinds < library.classes]] = 0
        self.device = torch.device(plan.device)
        self.model = Model(len(vocabulary.pieces), library.classes).to(
            self.device, memory_format=torch.channels_last
        )
        self.average = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        small = [p for p in self.model.parameters() if p.ndim < 2]
        large = [p for p in self.model.parameters() if p.ndim >= 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": large, "weight_decay": 0.05}, {"params": small, "weight_decay": 0.0}],
            plan.rate,
            (0.9, 0.98),
        )
        self.step = -plan.text_steps
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        """Until the last step; keeps a checkpoint every 500 steps."""
        self._resume()
        began, first = time.monotonic(), self.step
        while self.step < self.plan.steps:
            for group in self.optimizer.param_groups:
                group["lr"] = self.plan.rate * self._rate()
            loss = self._imitation(APART) if self.step < 0 else self._joint()
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
            self.optimizer.step()
            self._follow()
            self.step += 1
            if self.step % 100 == 0:
                pace = (time.monotonic() - began) / max(1, self.step - first)
                left = pace * (self.plan.steps - self.step) / 60
                told = " ".join(f"{name} {value:.3f}" for name, value in self.seen.items())
                click.echo(
                    f"step {self.step} of {self.plan.steps}: {told}; {pace:.3f} s a step, {left:.0f} min left"
                )
            if self.step % 500 == 0 or self.step == self.plan.steps:
                self._keep()

    def _rate(self) -> float:
        if self.step < 0:
            done = 1 + self.step / self.plan.text_steps
            return min(1.0, 20 * done) * (1.0 - 0.6 * done)
        warm = min(1.0, (self.step + 1) / WARM)
        return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.step / self.plan.steps)))

    def _follow(self) -> None:
        """The running average of the weights, which is what will be used (Polyak and Juditsky 1992)."""
        keep = min(0.999, (10 + abs(self.step)) / (100 + abs(self.step)))
        now = self.model.state_dict()
        floating = [name for name, tensor in now.items() if tensor.is_floating_point()]
        torch._foreach_lerp_(
            [self.average[name] for name in floating], [now[name] for name in floating], 1 - keep
        )

    def _imitation(self, count: int) -> Tensor:
        """Text vectors must lead to the sentence model's, and be alike where its are."""
        texts = self.by_length[self.random.random() > SHORT_SHARE]
        picks = texts[torch.from_numpy(self.rng.integers(0, len(texts), count))]
        numbers = self.numbers[picks].to(self.device)
        taught = normalize(self.taught[picks].float().to(self.device))
        numbers = numbers[:, : int((numbers != 0).sum(1).max())]
        vectors = normalize(self._text(numbers))
        direct = 1 - (normalize(self.model.imitate(vectors)) * taught).sum(1).mean()
        alike, should = SHARPNESS * vectors @ vectors.T, (SHARPNESS * taught @ taught.T).softmax(1)
        relation = kl_div(alike.log_softmax(1), should, reduction="batchmean")
        self._tell(imitation=direct)
        return direct + relation

    def _text(self, numbers: Tensor) -> Tensor:
        """Short and long texts apart, so that words are not padded to the length of sentences."""
        lengths = (numbers != 0).sum(1)
        vectors = numbers.new_zeros((len(numbers), DIM), dtype=torch.float32)
        for group in (lengths <= SHORT + 2, lengths > SHORT + 2):
            if group.any():
                with torch.autocast(self.device.type, torch.bfloat16):
                    part = self.model.text(numbers[group, : int(lengths[group].max())])
                vectors = vectors.index_put((group.nonzero().squeeze(1),), part.float())
        return vectors

    def _joint(self) -> Tensor:
        """Pictures and texts must find each other, and pictures of classes their class."""
        batch = self._batch()
        texts, truth = self._texts(batch)
        numbers = torch.from_numpy(self.vocabulary.numbers(texts)).to(self.device)
        images = batch.images.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16):
            features = self.model.picture.features(images)
            pictures = self.model.picture.head(features).float()
            logits = self.model.classify(features).float()
        words = normalize(self._text(numbers))
        scale = self.model.scale.exp().clamp(max=LARGEST_SCALE)
        contrast = contrastive(scale * normalize(pictures) @ words.T, truth)
        classed = (batch.kinds >= 0) & (batch.kinds < self.library.classes)
        rows = torch.from_numpy(classed)
        allowed = self.of_source[batch.sources[rows]].to(self.device)
        right = torch.from_numpy(batch.kinds[classed]).to(self.device)
        classes = cross_entropy(logits[rows] + allowed, right)
        self._tell(contrast=contrast, classes=classes, scale=scale)
        return contrast + 0.5 * classes + self._imitation(BESIDE)

    def _texts(self, batch: Batch) -> tuple[list[str], Tensor]:
        """The texts of a batch, and the truth of each for each of its pictures, int8 (pictures, texts)."""
        seen = looks(batch.images).numpy()
        phrases = photograph_phrases(self.concepts, batch.kinds, seen, batch.said, self.random, EACH)
        above = photograph_truth(self.concepts, phrases, batch.kinds, seen)
        texts, drawn = drawn_phrases(batch.scenes, self.random, EACH)
        beside = np.full((len(batch.kinds), len(texts)), FALSE, np.int8)
        beside[batch.kinds < 0] = drawn
        truth = torch.from_numpy(np.hstack([above, beside])).to(self.device)
        return [phrase.text for phrase in phrases] + texts, truth

    def _batch(self) -> Batch:
        side = self.random.choice(
            next(sides for until, sides in SIDES if self.step < until * self.plan.steps)
        )
        counts = self.rng.multinomial(self.plan.batch - DRAWN, self.shares)
        parts, kinds, sources = [], [], []
        said: list[tuple[str, ...]] = []
        for number, (source, count) in enumerate(zip(self.library.sources, counts.tolist(), strict=True)):
            if not count:
                continue
            picks = np.sort(self.rng.integers(0, len(source.images), count))
            parts.append(crop(torch.from_numpy(source.images[picks]), side, 0.3, True))
            kinds.append(source.kinds[picks])
            sources += [number] * count
            said += [source.sentences[at] for at in picks] if source.sentences else [()] * count
        pictures, scenes = self.drawn
        picks = self.rng.integers(0, len(scenes), DRAWN)
        photographs = jitter(torch.cat(parts))
        drawings = crop(torch.from_numpy(pictures[picks]), side, 0.85, False)
        return Batch(
            torch.cat([photographs, drawings]),
            np.concatenate([*kinds, np.full(DRAWN, -1)]),
            torch.tensor(sources + [0] * DRAWN),
            said + [()] * DRAWN,
            [scenes[at] for at in picks],
        )

    def _draw(self) -> tuple[NDArray[np.uint8], list[Scene]]:
        """Drawings, uint8 (DRAWN_KEPT, DRAWN_SIDE, DRAWN_SIDE, 3), and what they show."""
        endless = scenes(1)
        plans = [next(endless) for _ in range(DRAWN_KEPT)]
        return np.stack([draw(plan, DRAWN_SIDE, self.random) for plan in plans]), plans

    def _tell(self, **values: Tensor) -> None:
        """Smooths what is reported."""
        for name, value in values.items():
            now = float(value.detach())
            self.seen[name] = 0.95 * self.seen.get(name, now) + 0.05 * now

    def _keep(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "plan": self.plan.steps,
        }
        path = self.plan.out / "checkpoint.pt"
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def _resume(self) -> None:
        path = self.plan.out / "checkpoint.pt"
        if path.exists():
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average, self.step = state["average"], state["step"]
            self.random, self.rng = Random(self.step), np.random.default_rng(abs(self.step))
            click.echo(f"goes on at step {self.step}")


def contrastive(logits: Tensor, truth: Tensor) -> Tensor:
    """The loss of likenesses (pictures, texts), in both directions; pairs of unknown truth take no part.

    A row or column without a right answer asks nothing, and is a wrong answer to the others.
    """
    logits = logits.masked_fill(truth == UNKNOWN, -1e4)
    right = (truth == TRUE).float()
    loss = logits.new_zeros(())
    for axis in (0, 1):
        share = right.sum(axis)
        each = -(logits.log_softmax(axis) * right).sum(axis) / share.clamp(min=1)
        loss = loss + each[share > 0].mean() / 2
    return loss
