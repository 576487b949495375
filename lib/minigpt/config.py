"""What a model is and how it is trained, as frozen values that check themselves."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

from minigpt.errors import ConfigError, problem

POSITIONS = ("none", "learned", "sinusoidal", "rotary", "alibi")
ROTARY_PAIRS = ("interleaved", "halves")
NORMS = ("layernorm", "rmsnorm")
NORM_ORDERS = ("pre", "post")
MLPS = ("gelu", "gelu_tanh", "silu", "relu2", "swiglu")
OPTIMIZERS = ("adamw", "muon")
SCHEDULES = ("constant", "cosine", "linear")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16")
TOKENIZERS = ("char", "bpe")


class _Checked:
    """Checks shared by both configurations; each refusal names field, value and remedy."""

    def _require(self, field: str, holds: bool, needed: str, remedy: str) -> None:
        if not holds:
            came = f"{field}={getattr(self, field)!r}"
            raise ConfigError(problem(f"{field} must be {needed}", came, remedy))

    def _int(self, field: str, at_least: int) -> None:
        value = getattr(self, field)
        good = isinstance(value, int) and not isinstance(value, bool) and value >= at_least
        self._require(field, good, f"a whole number of at least {at_least}", f"{field}={at_least}")

    def _number(self, field: str, low: float, high: float, open_low: bool = False) -> None:
        value = getattr(self, field)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        good = good and low <= value <= high  # false for NaN
        good = good and not (open_low and value == low)
        edge = "above" if open_low else "from"
        self._require(
            field, good, f"a number {edge} {low:g} to {high:g}", "a value inside that range"
        )

    def _one_of(self, field: str, choices: tuple[str, ...]) -> None:
        value = getattr(self, field)
        good = isinstance(value, str) and value in choices
        self._require(field, good, "one of " + ", ".join(choices), f"{field}={choices[0]!r}")

    def _bool(self, field: str) -> None:
        good = isinstance(getattr(self, field), bool)
        self._require(field, good, "True or False", f"{field}=True")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary, ready for JSON.

        Raises: nothing.
        Source: this book.
        """
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """Build a configuration from `to_dict`'s dictionary.

        Raises: ConfigError for a field that is unknown, missing or malformed.
        Source: this book.
        """
        if not isinstance(fields, dict):
            raise ConfigError(problem("a dictionary of fields", repr(fields), "to_dict()'s result"))
        known = {f.name: f for f in dataclasses.fields(cls)}
        unknown = sorted(str(name) for name in fields if name not in known)
        if unknown:
            listed = ", ".join(known)
            raise ConfigError(problem(f"fields of {cls.__name__}", ", ".join(unknown), listed))
        missing = [n for n, f in known.items() if f.default is dataclasses.MISSING]
        missing = [n for n in missing if n not in fields]
        if missing:
            raise ConfigError(problem(f"{', '.join(missing)} set", "nothing", "giving a value"))
        return cls(**fields)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, checked again.

        Raises: ConfigError for a field that is unknown or malformed.
        Source: this book.
        """
        return self.from_dict({**self.to_dict(), **changes})


@dataclass(frozen=True)
class ModelConfig(_Checked):
    """The shape of a GPT. `d_` is a width, `n_` a count.

    `n_kv_heads` and `d_ff` may be left out: they become n_heads and 4 * d_model
    (for the gated SwiGLU, 8/3 of d_model, which costs as much).

    Raises: ConfigError, naming field, value and remedy.
    Source: Vaswani et al. 2017, table 3, for the names' meaning.
    """

    vocab_size: int
    context_length: int = 64
    d_model: int = 128
    n_layers: int = 4
    n_heads: int = 4
    n_kv_heads: int | None = None  # fewer than n_heads: heads share keys and values
    d_ff: int | None = None
    dropout: float = 0.0
    causal: bool = True  # False: every position sees every other
    window: int | None = None  # None: look back as far as the context goes
    position: str = "rotary"
    rotary_pairs: str = "halves"
    rotary_base: float = 10_000.0
    norm: str = "rmsnorm"
    norm_order: str = "pre"
    norm_eps: float = 1e-5
    qk_norm: bool = True
    mlp: str = "relu2"
    bias: bool = False
    tie_head: bool = True  # one matrix embeds the tokens and scores them
    zero_init: bool = True  # blocks begin by adding nothing
    fused: bool = True  # PyTorch's fused attention where weights are not asked for

    def __post_init__(self) -> None:
        for field in ("vocab_size", "context_length", "d_model", "n_layers", "n_heads"):
            self._int(field, at_least=1)
        for field, value in self._filled().items():
            if getattr(self, field) is None:
                object.__setattr__(self, field, value)
        for field in ("n_kv_heads", "d_ff"):
            self._int(field, at_least=1)
        if self.window is not None:
            self._int("window", at_least=1)
        self._number("dropout", 0, 0.95)
        self._number("norm_eps", 0, 1e-2, open_low=True)
        self._number("rotary_base", 1, 1e9, open_low=True)
        self._one_of("position", POSITIONS)
        self._one_of("rotary_pairs", ROTARY_PAIRS)
        self._one_of("norm", NORMS)
        self._one_of("norm_order", NORM_ORDERS)
        self._one_of("mlp", MLPS)
        for field in ("causal", "qk_norm", "bias", "tie_head", "zero_init", "fused"):
            self._bool(field)
        self._check_together()

    def _filled(self) -> dict[str, int]:
        d_ff = 8 * self.d_model // 3 if self.mlp == "swiglu" else 4 * self.d_model
        return {"n_kv_heads": self.n_heads, "d_ff": d_ff}

    def _check_together(self) -> None:
        self._require(
            "d_model",
            self.d_model % self.n_heads == 0,
            f"a multiple of n_heads ({self.n_heads})",
            f"d_model={self.n_heads * max(1, self.d_model // self.n_heads)}",
        )
        self._require(
            "n_kv_heads",
            self.n_heads % self.n_kv_heads == 0,
            f"a divisor of n_heads ({self.n_heads})",
            f"n_kv_heads={self.n_heads} or n_kv_heads=1",
        )
        if self.position == "rotary":
            needed = f"such that each of {self.n_heads} heads is even, since rotary turns pairs"
            self._require("d_model", self.d_head % 2 == 0, needed, f"d_model={2 * self.d_model}")
        if self.position == "sinusoidal":
            self._require("d_model", self.d_model % 2 == 0, "even", f"d_model={2 * self.d_model}")
        if self.window is not None:
            self._require("window", self.causal, "None when causal=False", "causal=True")

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; what was filled in is filled in anew.

        Raises: ConfigError for a field that is unknown or malformed.
        Source: this book.
        """
        fields = self.to_dict()
        for field, value in self._filled().items():
            if fields[field] == value:
                fields[field] = None
        return self.from_dict({**fields, **changes})

    @property
    def d_head(self) -> int:
        """The width of one head, d_model / n_heads.

        Raises: nothing.
        Source: Vaswani et al. 2017, section 3.2.2 (there d_k = d_v).
        """
        return self.d_model // self.n_heads


@dataclass(frozen=True)
class TrainConfig(_Checked):
    """How a model is trained. A step sees batch_size * context_length tokens.

    `lr` is AdamW's step size; `muon_lr` is Muon's, for the matrices inside the blocks.
    Both rise over `warmup_steps` and then follow `schedule` down to `final_lr` times
    their peak. `accumulate` splits a batch into that many parts.

    Raises: ConfigError, naming field, value and remedy.
    Source: Loshchilov & Hutter 2019 (AdamW); Jordan et al. 2024 (Muon).
    """

    steps: int = 2_000
    batch_size: int = 12
    lr: float = 3e-3
    muon_lr: float = 0.02
    optimizer: str = "muon"
    schedule: str = "linear"
    warmup_steps: int = 50
    final_lr: float = 0.0
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.95
    grad_clip: float = 1.0
    accumulate: int = 1
    eval_every: int = 250
    save_every: int = 250
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    compile: bool = False
    threads: int | None = None  # on the CPU; None: as many as PyTorch finds

    def __post_init__(self) -> None:
        for field in ("steps", "batch_size", "accumulate", "eval_every", "save_every"):
            self._int(field, at_least=1)
        for field in ("warmup_steps", "seed"):
            self._int(field, at_least=0)
        for field in ("lr", "muon_lr", "grad_clip"):
            self._number(field, 0, 1e3, open_low=True)
        for field in ("final_lr", "weight_decay"):
            self._number(field, 0, 1)
        for field in ("beta1", "beta2"):
            self._number(field, 0, 0.99999)
        self._one_of("optimizer", OPTIMIZERS)
        self._one_of("schedule", SCHEDULES)
        self._one_of("device", DEVICES)
        self._one_of("precision", PRECISIONS)
        self._bool("compile")
        if self.threads is not None:
            self._int("threads", at_least=1)
            # PyTorch crashes where it cannot start them all.
            self._require("threads", self.threads <= 4_096, "at most 4096", "threads=1")
        self._require("seed", self.seed < 2**63, "below 2**63", "seed=0")
        self._require(
            "accumulate",
            self.batch_size % self.accumulate == 0,
            f"a divisor of batch_size ({self.batch_size})",
            "accumulate=1",
        )
