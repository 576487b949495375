"""Ways to spoil the JSON of a checkpoint: entries gone, odd, vast, and files that are none."""

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path

from .damage import FILES, MANIFEST, STATE, TOKENIZER, WEIGHTS, Damage, written

HUGE = 10**15
ODD = {"null": None, "NaN": math.nan, "infinite": math.inf, "huge": 10**30, "negative": -1}
ODD |= {"a text": "6", "a fraction": 6.5, "a list": [6], "true": True}
TEXTS = {
    "empty": b"",
    "a list": b"[1]",
    "null": b"null",
    "a number": b"1e999",
    "without end": b"[" * 100_000,
    "not UTF-8": b"\xff\xfe{}",
    "two objects": b"{}{}",
    "of nothing": b"{}",
}


def states() -> list[Damage]:
    """All ways, but for bytes that are cut or flipped."""
    return [*_other_states(), *_other_manifests()]


def _other_states() -> Iterator[Damage]:
    for part in ("format", "model", "train", "state"):
        yield _state(f"no {part}", part, None, gone=True)
    for part in ("data", "data_crc32", "step", "sampler"):
        yield _state(f"no {part}", f"state.{part}", None, gone=True)
        for name, value in ODD.items():
            yield _state(f"{part} {name}", f"state.{part}", value, says=("text.txt", "'6'"))
    for key in ("seed", "step", "n_tokens", "n_rows", "context_length"):
        for name, value in (*ODD.items(), ("another", 3)):
            yield _state(f"the sampler's {key} {name}", f"state.sampler.{key}", value)
    for key in ("vocab_size", "d_model", "n_layers", "d_ff", "n_kv_heads"):
        for name, value in (*ODD.items(), ("another", 4), ("vast", HUGE)):
            if value is not None or key not in ("d_ff", "n_kv_heads"):  # there it means: as usual
                yield _state(f"{key} {name}", f"model.{key}", value, says=(WEIGHTS,))
    for key in ("tie_head", "norm", "qk_norm", "mlp", "dropout", "norm_eps", "context_length"):
        yield _state(f"{key} NaN", f"model.{key}", math.nan)
    for key in ("lr", "muon_lr", "batch_size", "grad_clip", "beta1", "save_every"):
        yield _state(f"{key} NaN", f"train.{key}", math.nan)
        yield _state(f"{key} infinite", f"train.{key}", math.inf)
    yield _state("a context that is vast", "model.context_length", HUGE, says=("memory",))
    yield _state("a batch that is vast", "train.batch_size", HUGE)
    yield _state("threads that are vast", "train.threads", HUGE)
    yield _state("a head of its own", "model.tie_head", False, says=(WEIGHTS,))
    yield _state("another optimiser", "train.optimizer", "adamw", says=("optimisers",))
    yield _state("fewer steps than were taken", "train.steps", 7)
    yield _state("another text", "state.data_crc32", 5, says=("text.txt",))
    for name, content in TEXTS.items():
        yield Damage(f"{STATE} {name}, signed", STATE, written(STATE, content), signed=True)
        yield Damage(f"{TOKENIZER} {name}, signed", TOKENIZER, written(TOKENIZER, content), True)
    yield Damage(f"{TOKENIZER} with a character less", TOKENIZER, _character_less, signed=True)


def _state(name: str, key: str, value: object, gone: bool = False, says: tuple = ()) -> Damage:
    def harm(step: Path) -> None:
        found = json.loads((step / STATE).read_text())
        *path, last = key.split(".")
        inner = found
        for part in path:
            inner = inner[part]
        if gone:
            del inner[last]
        else:
            inner[last] = value
        (step / STATE).write_text(json.dumps(found))

    return Damage(f"{STATE} with {name}, signed", STATE, harm, True, (*says, "sampler"))


def _character_less(step: Path) -> None:
    found = json.loads((step / TOKENIZER).read_text())
    found["characters"] = found["characters"][1:]
    (step / TOKENIZER).write_text(json.dumps(found))


def _other_manifests() -> Iterator[Damage]:
    for name, content in TEXTS.items():
        yield Damage(f"{MANIFEST} {name}", MANIFEST, written(MANIFEST, content))
    for name, value in {**ODD, "the hash of nothing": hashlib.sha256(b"").hexdigest()}.items():
        told = json.dumps(dict.fromkeys(FILES, value)).encode()
        yield Damage(f"{MANIFEST} with {name} for each hash", MANIFEST, written(MANIFEST, told))
