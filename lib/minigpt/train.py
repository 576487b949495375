"""The training loop's inside: one step, and the loss on everything held back."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_

from minigpt.attention import wide
from minigpt.config import TrainConfig
from minigpt.data import IGNORE, Batches
from minigpt.distributed import ALONE, Group, unaveraged
from minigpt.errors import TrainError, problem
from minigpt.model import GPT
from minigpt.optim import lr_factor, make_optimizers, pack_training, set_lr, unpack_training

Batch = tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]]  # tokens and targets


def pick_device(name: str = "auto") -> torch.device:
    """Return the device of that name; "auto" prefers cuda, then mps, then cpu.

    Raises: TrainError when the device is not there.
    Source: this book.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(kind for kind, present in there.items() if present)
    if not there.get(name, False):
        found = ", ".join(kind for kind, present in there.items() if present)
        raise TrainError(problem(f"a device named {name}", f"a machine with {found}", "auto"))
    return torch.device(name)


def pick_dtype(precision: str, device: torch.device) -> torch.dtype:
    """Return the type of the products: "auto" is bfloat16 on a GPU that has it, else float32.

    Raises: nothing.
    Source: Kalamkar et al. 2019 (bfloat16 for training).
    """
    pays = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return (
        torch.bfloat16 if precision == "bf16" or (precision == "auto" and pays) else torch.float32
    )


class Trainer:
    """A model, its optimisers and its batches, one step after another.

    With several processes, each has its share of the batch in `batches`; all compute the
    same averaged gradients, and from these alike the same clipping and the same step.

    Raises: TrainError when the device is missing.
    Source: Radford et al. 2019, eq. 1, for the loss. Built in chapter 15.
    """

    def __init__(self, model: GPT, batches: Batches, config: TrainConfig, group: Group = ALONE):
        self.device = group.own(pick_device(config.device))
        self.dtype = pick_dtype(config.precision, self.device)
        self.model, self.batches, self.config = model.to(self.device), batches, config
        self.group = group
        self.optimizers = make_optimizers(model, config, self.dtype)
        loss = torch.compile(model.loss) if config.compile else model.loss
        self.loss = group.averaged(model, loss)
        self.step = 0
        if group.world_size > 1:
            self._rehearse()

    def _rehearse(self) -> None:
        """Take a step that teaches nothing, for the order in which gradients are added up.

        DistributedDataParallel settles it after its first; a run that was resumed should add
        in the same order as one that never stopped.
        """
        state = self.batches.state()
        self._gradients(*self.batches.next())
        self.batches.restore(state)
        self.model.zero_grad(set_to_none=True)

    def train_step(self) -> tuple[float, float]:
        """Learn from one batch; return the loss in nats a token and the gradient's norm.

        Raises: TrainError when the loss or a gradient is not finite; no weight has changed.
        Source: this book, chapter 15.
        """
        self.model.train()
        torch.manual_seed(chance(self.config.seed, self.step, self.group.rank))
        set_lr(self.optimizers, lr_factor(self.step, self.config))
        loss = self._gradients(*self.batches.next())
        norm = clip_grad_norm_(self.model.parameters(), self.config.grad_clip).item()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            came = f"loss {loss}, gradient norm {norm} at step {self.step}"
            remedy = "a smaller lr, or precision fp32"
            raise TrainError(problem("a finite loss and a finite gradient", came, remedy))
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return loss, norm

    def _gradients(self, tokens: Int[Tensor, "B T"], targets: Int[Tensor, "B T"]) -> float:
        """Add up the gradients of the batch's parts, each weighted by its share."""
        n_parts, total = self.config.accumulate, 0.0
        parts = zip(tokens.chunk(n_parts), targets.chunk(n_parts), strict=True)
        for k, (x, y) in enumerate(parts, 1):
            with unaveraged(self.loss, when=k < n_parts):
                with torch.autocast(self.device.type, self.dtype, self.dtype != torch.float32):
                    loss = self.loss(x.to(self.device), y.to(self.device)) / n_parts
                loss.backward()
            total += loss.item()
        return self.group.mean(total)

    def pack(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the optimisers' memory, and the step and the sampler as JSON.

        That is all: the dropout of a step depends on seed, step and process alone.

        Tensors have their parameter's shape, (d_out, d_in) or (d,).

        Raises: nothing.
        Source: this book.
        """
        state = {"step": self.step, "sampler": self.batches.state()}
        return pack_training(self.optimizers), state

    def unpack(self, training: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Go on exactly where `pack` was called; tensors as it gave them, (d_out, d_in) or (d,).

        Raises: CheckpointError or DataError when they belong to another run.
        Source: this book.
        """
        unpack_training(training, self.optimizers)
        self.batches.restore(state["sampler"])
        self.step = state["step"]


def chance(seed: int, step: int, rank: int) -> int:
    """Return the seed of a step's dropout on one process: the same whenever it comes again.

    Raises: nothing.
    Source: this book.
    """
    drawn = np.random.SeedSequence([seed, step], spawn_key=(rank,))
    return int(drawn.generate_state(1, np.uint64)[0])


@dataclass(frozen=True)
class Evaluation:
    """How a model does on held-back text: total surprise in nats, over so many tokens.

    Raises: nothing.
    Source: Shannon 1948. Built in chapter 1.
    """

    nats: float
    n_tokens: int

    @property
    def loss(self) -> float:
        """Cross-entropy in nats a token.

        Raises: nothing.
        Source: Shannon 1948.
        """
        return self.nats / self.n_tokens

    @property
    def perplexity(self) -> float:
        """e to the loss: as unsure as a fair die with that many sides.

        Raises: nothing.
        Source: Jelinek et al. 1977.
        """
        return math.exp(min(self.loss, 700.0))

    @property
    def bits(self) -> float:
        """The total surprise in bits.

        Raises: nothing.
        Source: Shannon 1948.
        """
        return self.nats / math.log(2)


@torch.inference_mode()
def evaluate(model: GPT, batches: Iterable[Batch], group: Group = ALONE) -> Evaluation:
    """Add up the loss of every target that is not IGNORE, with dropout off.

    The processes of a group take turns with the batches, and all hear the result.

    Raises: ShapeError when tokens do not fit the model.
    Source: Shannon 1948. Built in chapters 1 and 15.
    """
    device, was_training = next(model.parameters()).device, model.training
    model.eval()
    nats, n_tokens = 0.0, 0
    for tokens, targets in islice(batches, group.rank, None, group.world_size):
        losses = token_losses(model(tokens.to(device)), targets.to(device))
        nats += losses.double().sum().item() if device.type != "mps" else losses.sum().item()
        n_tokens += int((targets != IGNORE).sum())
    model.train(was_training)
    nats, n_tokens = group.gather(nats, n_tokens).sum(0).tolist()
    return Evaluation(nats, int(n_tokens))


def token_losses(
    logits: Float[Tensor, "B T vocab_size"], targets: Int[Tensor, "B T"]
) -> Float[Tensor, "B T"]:
    """Return each target's surprise in nats; 0 where the target is IGNORE.

    Raises: nothing.
    Source: Shannon 1948.
    """
    flat = F.cross_entropy(
        wide(logits).flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="none"
    )
    return flat.view(targets.shape)
