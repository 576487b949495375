"""Several processes that train one model, as torchrun starts them; or one, alone.

Each process has a rank, from 0. Their gradients are averaged by PyTorch's own
DistributedDataParallel; all else that they tell each other goes through `Group.gather`:
two numbers each, and whether the speaker has failed. So an error of one process reaches
the others at their next word, whatever that word was to be, and nobody waits in vain.
"""

import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import torch
from jaxtyping import Float
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from minigpt.errors import ConfigError, MiniGPTError, TrainError, problem

# So long may one process write or measure while others wait. Where one dies, torchrun ends all.
PATIENCE = timedelta(hours=2)

# A wrapped model that outlives its group would end the group's threads, which then wait for
# Python while Python waits for them (github.com/pytorch/pytorch/issues/56297).
_OPENED: list[Any] = []

Loss = Callable[[Tensor, Tensor], Float[Tensor, ""]]


class _ElsewhereError(MiniGPTError):
    """Another process has failed, and says why."""


@dataclass(frozen=True)
class Group:
    """Who this process is among those that train together; by default it is alone.

    Raises: nothing.
    Source: Li et al. 2020 (PyTorch Distributed), for the names.
    """

    rank: int = 0
    local_rank: int = 0  # among those on the same machine
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes and speaks.

        Raises: nothing.
        Source: this book.
        """
        return self.rank == 0

    def rows(self, batch_size: int, accumulate: int) -> int:
        """Return how many of a batch's rows are this process's own.

        Raises: ConfigError when the processes, or their parts, would not be equal.
        Source: this book.
        """
        if batch_size % (self.world_size * accumulate):
            needed = f"a batch_size for {self.world_size} processes x {accumulate} equal parts"
            fits = self.world_size * accumulate * -(-batch_size // (self.world_size * accumulate))
            remedy = f"batch_size={fits}, or another number of processes"
            raise ConfigError(problem(needed, f"batch_size={batch_size}", remedy))
        return batch_size // self.world_size

    def own(self, device: torch.device) -> torch.device:
        """Choose this process's card where there are several; return the device.

        Raises: TrainError when there are fewer cards than processes on this machine, or
            the device knows no other processes.
        Source: this book.
        """
        if self.world_size == 1 or device.type == "cpu":
            return device
        cards = torch.cuda.device_count() if device.type == "cuda" else 0
        if self.local_rank >= cards:
            needed = f"a cuda device for process {self.local_rank} of this machine"
            raise TrainError(problem(needed, f"{cards}", "fewer processes, or --device cpu"))
        torch.cuda.set_device(self.local_rank)
        return device

    def averaged(self, model: nn.Module, loss: Loss) -> Loss:
        """Return the loss of a share of the batch; its gradients become those of the batch.

        loss(tokens, targets), each (B, T), is of `model`, whose weights become the first
        process's.

        Raises: nothing.
        Source: Li et al. 2020 (PyTorch Distributed), section 3.
        """
        if self.world_size == 1:
            return loss
        self.gather()  # nobody has failed so far: from here on the processes wait for each other
        return DistributedDataParallel(_Loss(model, loss))

    def gather(self, a: float = 0.0, b: float = 0.0) -> Float[Tensor, "world_size 2"]:
        """Tell all processes two numbers, and hear theirs; all must call it.

        Raises: an error that ends this process in silence when another has failed.
        Source: this book.
        """
        heard = self._exchange(a, b, failed=False)
        if heard[:, 2].any():
            raise _ElsewhereError(heard)
        return heard[:, :2]

    def mean(self, number: float) -> float:
        """Average a number over the processes.

        Raises: as `gather`.
        Source: this book.
        """
        return self.gather(number)[:, 0].mean().item()

    def any(self, flag: bool) -> bool:
        """Say whether the flag is up anywhere.

        Raises: as `gather`.
        Source: this book.
        """
        return bool(self.gather(flag).any())

    def check_same(self, *settings: Any) -> None:
        """Make sure that all processes were given the same, which JSON can hold.

        Two machines may have two commands, two texts, two checkpoints.

        Raises: TrainError when they differ.
        Source: this book.
        """
        mark = zlib.crc32(json.dumps(settings).encode())
        if (self.gather(mark)[:, 0] != mark).any():
            needed = "the same command, data and checkpoint for every process"
            raise TrainError(problem(needed, "another here or there", "a disk that all share"))

    def _exchange(self, a: float, b: float, failed: bool) -> Tensor:
        mine = torch.tensor([a, b, failed], dtype=torch.float64)
        heard = [torch.empty_like(mine) for _ in range(self.world_size)]
        if self.world_size == 1:
            return mine[None]
        distributed.all_gather(heard, mine)
        return torch.stack(heard)


ALONE = Group()


class _Loss(nn.Module):
    """A loss as a module, since DistributedDataParallel averages what `forward` leads to."""

    def __init__(self, model: nn.Module, loss: Loss):
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        return self.loss(tokens, targets)


def unaveraged(loss: Loss, when: bool) -> AbstractContextManager[None]:
    """Let gradients add up inside without being averaged; those of a last part take them along.

    loss: from `Group.averaged`, of tokens and targets (B, T).

    Raises: nothing.
    Source: Li et al. 2020 (PyTorch Distributed), section 3.2.4.
    """
    several = isinstance(loss, DistributedDataParallel)
    return loss.no_sync() if several and when else nullcontext()


@contextmanager
def processes(say: Callable[[MiniGPTError], None]) -> Iterator[Group]:
    """Join the processes that torchrun started, and part from them at the end.

    Where one fails, all end with status 2, and the first that failed says why.

    Raises: MiniGPTError of this process when it is alone; otherwise SystemExit.
    Source: this book.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ or os.environ["WORLD_SIZE"] == "1":
        yield ALONE
        return
    # gloo for what is on the CPU, as all of `gather`; nccl for gradients on cards.
    distributed.init_process_group(timeout=PATIENCE)
    _OPENED.append(distributed.group.WORLD)
    group = Group(*(int(os.environ[name]) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")))
    try:
        yield group
        group.gather()
    except MiniGPTError as error:
        _end(group, error, say)
    finally:
        distributed.destroy_process_group()


def _end(group: Group, error: MiniGPTError, say: Callable[[MiniGPTError], None]) -> NoReturn:
    elsewhere = isinstance(error, _ElsewhereError)
    heard = error.args[0] if elsewhere else group._exchange(0, 0, failed=True)
    if group.rank == heard[:, 2].argmax():  # the first that failed
        say(error)
    group._exchange(0, 0, failed=True)  # who goes first has torchrun end those who still speak
    raise SystemExit(2) from error
