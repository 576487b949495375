"""Train a small model soundly, and five times with a fault, for chapter 15 to read.

python -m tools.broken_runs     about three minutes; writes appendices/measured/broken_runs.json

Every run is on the CPU, one thread, float32. The file says how each went, and not what is wrong
with it: that is exercise 15.3.
"""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from jaxtyping import Int

from minigpt import corpus
from minigpt.bench import machine
from minigpt.data import (
    IGNORE,
    Batches,
    StorySource,
    encode_source,
    encode_stories,
    open_data,
    story_windows,
)
from minigpt.model import GPT
from minigpt.presets import preset
from minigpt.report import report
from minigpt.run import make_tokenizer
from minigpt.tokenizer import END, Tokenizer
from minigpt.train import Batch, Trainer, token_losses
from tools.stored import ROOT

TARGET = ROOT / "appendices" / "measured" / "broken_runs.json"
STEPS, LONG, EVERY, STORIES = 200, 1_000, 40, 64
TOO_LONG = 50  # times the preset's steps
DROPOUT = 0.3
FAULTS = {
    "sound": None,
    "A": "dropout in evaluation",
    "B": "shifted twice",
    "C": "weights frozen",
    "D": "no mask",
    "E": "steps too long",
}


class ShiftedTwice(Batches):
    """Batches whose answers are moved once more: each token is to tell the next but one.

    Source: this book.
    """

    def next(self) -> Batch:
        """Return the next batch, (B, T - 1) each.

        Raises: nothing.
        Source: this book.
        """
        return shift_again(super().next())


def shift_again(batch: Batch) -> Batch:
    """Move the answers on by one more, as if nobody had yet: (B, T) to (B, T - 1).

    Raises: nothing.
    Source: this book.
    """
    tokens, targets = batch
    return tokens[:, :-1], targets[:, 1:]


class Practice:
    """The corpus, its tokenizer, and the stories on which the runs are measured.

    Source: this book.
    """

    def __init__(self) -> None:
        self.source = open_data("kingdom")
        assert isinstance(self.source, StorySource)
        self.tokenizer: Tokenizer = make_tokenizer(self.source)
        self.end = self.tokenizer.special_id(END)
        self.tokens = encode_source(self.source, self.tokenizer, "train")
        encoded = encode_stories(self.source, self.tokenizer, "val")
        fitting = [i for i, story in enumerate(encoded) if len(story) <= 65][:STORIES]
        self.held = list(story_windows([encoded[i] for i in fitting], 64, 64)[0])
        self.told = [self.source.stories("val")[i] for i in fitting]

    def levels(self) -> dict[str, float]:
        """Nats a token that simpler players pay: an even bet, frequencies, pairs; and the floor.

        Raises: nothing.
        Source: this book, chapter 1.
        """
        size = self.tokenizer.vocab_size
        single = np.bincount(self.tokens, minlength=size) + 0.01
        pairs = np.full((size, size), 0.01)
        np.add.at(pairs, (self.tokens[:-1], self.tokens[1:]), 1)
        pairs /= pairs.sum(axis=1, keepdims=True)
        x, y = (
            np.concatenate([part[targets != IGNORE].numpy() for part, targets in sides])
            for sides in (self.held, [(targets, targets) for _, targets in self.held])
        )
        bits = corpus.optimal_loss(self.told).bits_per_story * len(self.told)
        return {
            "even": float(np.log(size)),
            "single": float(-np.log((single / single.sum())[y]).mean()),
            "pair": float(-np.log(pairs[x, y]).mean()),
            "floor": float(bits * np.log(2) / self.n_targets),
        }

    @property
    def n_targets(self) -> int:
        """How many answers are measured.

        Raises: nothing.
        Source: this book.
        """
        return sum(int((targets != IGNORE).sum()) for _, targets in self.held)

    def trainer(self, fault: str | None, steps: int) -> Trainer:
        """Prepare a run: the preset `tiny`, but for its fault.

        Raises: nothing.
        Source: this book.
        """
        config, train = preset("tiny").configs(self.tokenizer.vocab_size, steps=steps, device="cpu")
        train = train.replace(precision="fp32")
        if fault == "no mask":
            config = config.replace(causal=False)
        if fault == "dropout in evaluation":
            config = config.replace(dropout=DROPOUT)
        if fault == "steps too long":
            train = train.replace(lr=TOO_LONG * train.lr, muon_lr=TOO_LONG * train.muon_lr)
        kind = ShiftedTwice if fault == "shifted twice" else Batches
        torch.manual_seed(train.seed)
        batches = kind(self.tokens, train.batch_size, 64, train.seed, marker=self.end)
        model = GPT(config)
        if fault == "weights frozen":
            model.blocks.requires_grad_(False)
        return Trainer(model, batches, train)

    def run(self, fault: str | None, steps: int = STEPS) -> dict[str, Any]:
        """Train, and record what its owner would see.

        Raises: TrainError when the loss is no number.
        Source: this book.
        """
        trainer = self.trainer(fault, steps)
        rows, held = [], [(0, self.measure(trainer.model, fault))]
        for step in range(1, steps + 1):
            rows.append(trainer.train_step())
            if step % EVERY == 0:
                held.append((step, self.measure(trainer.model, fault)))
        torch.manual_seed(0)
        return {
            "steps": steps,
            "train": [round(loss, 4) for loss, _ in rows],
            "norm": [round(norm, 4) for _, norm in rows],
            "held": [[step, round(loss, 4)] for step, loss in held],
            "again": round(self.measure(trainer.model, fault), 4),
            "samples": [self.sample(trainer.model, fault) for _ in range(3)],
            "model": trainer.model,
        }

    @torch.inference_mode()
    def measure(self, model: GPT, fault: str | None) -> float:
        """Return nats a token on held-back stories, as the run's owner measures them.

        Raises: nothing.
        Source: Shannon 1948.
        """
        model.train(fault == "dropout in evaluation")
        shift = shift_again if fault == "shifted twice" else tuple
        nats, n = 0.0, 0
        for tokens, targets in map(shift, self.held):
            nats += token_losses(model(tokens), targets).double().sum().item()
            n += int((targets != IGNORE).sum())
        return nats / n

    @torch.inference_mode()
    def sample(self, model: GPT, fault: str | None) -> str:
        """Let it write: draw from its distribution, append, repeat; 40 tokens at most.

        Raises: nothing.
        Source: this book.
        """
        model.train(fault == "dropout in evaluation")
        tokens: Int[torch.Tensor, "1 T"] = torch.tensor([[self.end]])
        while tokens.shape[1] < 40 and (tokens.shape[1] == 1 or tokens[0, -1] != self.end):
            chances = model(tokens)[:, -1].softmax(-1)
            tokens = torch.cat([tokens, torch.multinomial(chances, 1)], dim=1)
        ids: Iterable[int] = (i for i in tokens[0].tolist() if i != self.end)
        return self.tokenizer.decode(list(ids))


def main() -> int:
    """Train all, and write the file.

    Raises: nothing.
    Source: this book.
    """
    torch.set_num_threads(1)
    practice = Practice()
    runs = {}
    for name, fault in FAULTS.items():
        runs[name] = practice.run(fault)
        del runs[name]["model"]
        print(name, runs[name]["held"][-1], runs[name]["again"], runs[name]["samples"], flush=True)
    content = {
        "machine": machine(),
        "command": "python -m tools.broken_runs",
        "stories": len(practice.told),
        "targets": practice.n_targets,
        "levels": practice.levels(),
        "runs": runs,
    }
    write(content)
    long = practice.run(None, LONG)
    whole = report(long.pop("model"), practice.tokenizer, practice.source)
    write(content | {"long": long | {"report": whole.to_dict()}})
    return 0


def write(content: dict[str, Any]) -> None:
    """Write the file, a line a run.

    Raises: OSError when it cannot be written.
    Source: this book.
    """
    text = json.dumps(content, indent=1)
    flat = re.sub(r"(?<=[\d\[,])\s+(?=[\d\]-])", "", text)  # numbers side by side
    TARGET.write_text(flat + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
