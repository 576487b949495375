"""Ways to spoil a checkpoint: each a name, the file that is spoilt, and how.

A way is called with the folder of a checkpoint. `signed` ones make the manifest agree with
what they have done, so that what is behind the hashes has to notice it.
"""

import hashlib
import json
import os
import pickle
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from minigpt.checkpoint import FILES

MANIFEST, WEIGHTS, MEMORY, STATE = "manifest.json", *FILES[:3]
TOKENIZER = FILES[3]
EXECUTED = "executed"  # the file that a payload would write, beside the run


@dataclass(frozen=True)
class Damage:
    """One way to spoil a checkpoint."""

    name: str
    file: str
    harm: Callable[[Path], None]
    signed: bool = False
    says: tuple[str, ...] = ()  # what an error may name instead of the file

    def do(self, step: Path) -> None:
        """Spoil a checkpoint."""
        self.harm(step)
        if self.signed:
            sign(step)


def sign(step: Path) -> None:
    """Make the manifest agree with the files as they are now."""
    told = {name: hashlib.sha256((step / name).read_bytes()).hexdigest() for name in FILES}
    (step / MANIFEST).write_text(json.dumps(told))


class Payload:
    """Unpickled, it writes a file: code that a foreign checkpoint might carry."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, EXECUTED)


def damages(draw: random.Random, often: int) -> list[Damage]:
    """All ways that do not ask what a file means in JSON; `often` says how many lengths and places are drawn for each file."""
    return [
        *_bytes_lost(draw, often),
        *_files_lost(),
        *_pickles(),
        *_other_tensors(),
    ]


# --- bytes --------------------------------------------------------------------------------------


def _bytes_lost(draw: random.Random, often: int) -> Iterator[Damage]:
    for file in (*FILES, MANIFEST):
        for share in (0.0, 1.0, *(draw.random() for _ in range(often))):
            yield Damage(f"{file} cut after {share:.3f} of it", file, _cut(file, share))
        for place in (draw.random() for _ in range(often)):
            yield Damage(f"{file} with a bit flipped at {place:.3f}", file, _flip(file, place))
        yield Damage(f"{file} with noise at its end", file, _append(file, b"\0noise"))
    for file in (WEIGHTS, MEMORY):
        for share in (0.0, 1.0, *(draw.random() for _ in range(often))):
            name = f"{file} cut after {share:.3f} of it, signed"
            yield Damage(name, file, _cut(file, share), signed=True)
        for place in range(8):
            name = f"{file} with a bit flipped in byte {place} of its header's length, signed"
            yield Damage(name, file, _flip_at(file, place), signed=True)


def _cut(file: str, share: float) -> Callable[[Path], None]:
    """Keep a share of the file, but never its last two bytes: one can be a line's end."""

    def harm(step: Path) -> None:
        size = (step / file).stat().st_size
        os.truncate(step / file, max(0, min(int(share * size), size - 2)))

    return harm


def _flip(file: str, place: float) -> Callable[[Path], None]:
    return lambda step: _flip_at(file, int(place * (step / file).stat().st_size))(step)


def _flip_at(file: str, at: int) -> Callable[[Path], None]:
    def harm(step: Path) -> None:
        content = bytearray((step / file).read_bytes())
        content[at] ^= 1 << at % 8
        (step / file).write_bytes(content)

    return harm


def _append(file: str, more: bytes) -> Callable[[Path], None]:
    return lambda step: written(file, (step / file).read_bytes() + more)(step)


def written(file: str, content: bytes) -> Callable[[Path], None]:
    return lambda step: (step / file).write_bytes(content)


# --- files --------------------------------------------------------------------------------------


def _files_lost() -> Iterator[Damage]:
    for file in (*FILES, MANIFEST):
        yield Damage(f"no {file}", file, _instead(file, lambda path: None))
        yield Damage(f"a folder for {file}", file, _instead(file, Path.mkdir))
        yield Damage(f"{file} linked to nothing", file, _linked(file, "gone"))
        yield Damage(f"{file} linked to itself", file, _linked(file, file))
        yield Damage(f"{file} linked to /dev/zero", file, _linked(file, "/dev/zero"))
        yield Damage(f"a pipe for {file}", file, _instead(file, os.mkfifo))
    for file in FILES[:3]:  # the tokenizer is the same in both
        yield Damage(f"{file} of another step", file, _of_another_step(file))
        yield Damage(f"{file} linked to another step's", file, _linked(file, f"../{{}}/{file}"))


def _instead(file: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    def harm(step: Path) -> None:
        (step / file).unlink()
        make(step / file)

    return harm


def _linked(file: str, target: str) -> Callable[[Path], None]:
    def harm(step: Path) -> None:
        (step / file).unlink()
        (step / file).symlink_to(target.format(_another(step).name))

    return harm


def _of_another_step(file: str) -> Callable[[Path], None]:
    def harm(step: Path) -> None:
        (step / file).write_bytes((_another(step) / file).read_bytes())

    return harm


def _another(step: Path) -> Path:
    return next(path for path in step.parent.glob("step-*") if path != step)


def _pickles() -> Iterator[Damage]:
    for file in FILES:
        for signed in (False, True):
            yield Damage(f"a pickle for {file}{', signed' * signed}", file, _pickled(file), signed)
    for name in ("model.pt", "pytorch_model.bin"):
        yield Damage(f"{name}, a pickle, instead of {WEIGHTS}", WEIGHTS, _pickle_beside(name))


def _pickled(file: str) -> Callable[[Path], None]:
    return lambda step: written(file, _payload(step))(step)


def _pickle_beside(name: str) -> Callable[[Path], None]:
    def harm(step: Path) -> None:
        (step / WEIGHTS).unlink()
        (step / name).write_bytes(_payload(step))

    return harm


def _payload(step: Path) -> bytes:
    return pickle.dumps(Payload(step.parent.parent / EXECUTED))


# --- tensors ------------------------------------------------------------------------------------


def _other_tensors() -> Iterator[Damage]:
    for file, matrix, vector in (
        (WEIGHTS, "token_embedding.weight", "final_norm.weight"),
        (MEMORY, "optimizer.0.0.exp_avg", "optimizer.0.1.exp_avg"),
    ):
        for name, change in {
            "a matrix on its side": {matrix: lambda t: t.T.contiguous()},
            "a row less": {matrix: lambda t: t[1:].clone()},
            "a vector of another length": {vector: lambda t: t[1:].clone()},
            "half the precision": {matrix: lambda t: t.half()},
            "a matrix of whole numbers": {matrix: lambda t: t.long()},
            "a matrix missing": {matrix: None},
            "a vector missing": {vector: None},
            "a tensor more": {"another": lambda _: torch.ones(3)},
            "nothing": None,
        }.items():
            yield Damage(f"{file} with {name}, signed", file, _tensors(file, change), signed=True)
    for last in ("exp_avg_sq", "step", "momentum"):
        name = f"{MEMORY} without any {last}, signed"
        yield Damage(name, MEMORY, _without(last), signed=True)


def _tensors(file: str, change: dict[str, Callable | None] | None) -> Callable[[Path], None]:
    def harm(step: Path) -> None:
        found = load_file(step / file) if change is not None else {}
        for name, make in (change or {}).items():
            old = found.pop(name, None)
            if make is not None:
                found[name] = make(old)
        save_file(found, step / file)

    return harm


def _without(last: str) -> Callable[[Path], None]:
    def harm(step: Path) -> None:
        found = load_file(step / MEMORY)
        save_file({n: t for n, t in found.items() if not n.endswith("." + last)}, step / MEMORY)

    return harm
