"""Choosing the next token: what each method does to the distribution.

Every filter takes logits of shape (B, vocab_size) and returns logits, with -inf where a
token is ruled out. They are applied in the order of this file.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.errors import GenerateError, problem

Logits = Float[Tensor, "B vocab_size"]


def penalise_repetition(logits: Logits, tokens: Int[Tensor, "B T"], penalty: float) -> Logits:
    """Divide the positive logits of tokens already there by the penalty, multiply the negative.

    logits: (B, vocab_size); tokens: (B, T), prompt included.

    Raises: nothing.
    Source: Keskar et al. 2019 (CTRL), section 4.1, which divides them all; a negative
    logit grows by that, so the common libraries multiply it.
    """
    seen = logits.gather(1, tokens)
    return logits.scatter(1, tokens, torch.where(seen > 0, seen / penalty, seen * penalty))


def keep_top_k(logits: Logits, k: int) -> Logits:
    """Keep the k likeliest tokens, and those that tie with the last of them; (B, vocab_size).

    Raises: nothing.
    Source: Fan, Lewis & Dauphin 2018, section 5.4.
    """
    kth = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def keep_top_p(logits: Logits, p: float) -> Logits:
    """Keep the likeliest tokens until their probabilities reach p, the one that crosses included.

    logits: (B, vocab_size).

    Raises: nothing.
    Source: Holtzman et al. 2020, section 3.1 (nucleus sampling).
    """
    ordered, order = logits.sort(descending=True, stable=True)
    probabilities = ordered.softmax(-1)
    before = probabilities.cumsum(-1) - probabilities  # the mass of the likelier ones
    dropped = torch.zeros_like(before, dtype=torch.bool).scatter(1, order, before >= p)
    dropped.scatter_(1, order[:, :1], False)
    return logits.masked_fill(dropped, -torch.inf)


def keep_min_p(logits: Logits, min_p: float) -> Logits:
    """Keep the tokens at least min_p times as likely as the likeliest; (B, vocab_size).

    Raises: nothing.
    Source: Nguyen et al. 2024, section 3.
    """
    probabilities = logits.softmax(-1)
    floor = min_p * probabilities.amax(-1, keepdim=True)
    return logits.masked_fill(probabilities < floor, -torch.inf)


class Sampler:
    """Choose the next token of each row, with its own source of chance.

    Order: repetition penalty, temperature, top-k, top-p, min-p. Temperature 0 takes the
    likeliest token (greedy). The same seed makes the same choices.

    Raises: GenerateError for a setting out of range.
    Source: the papers named at each filter. Built in chapter 16.
    """

    def __init__(
        self,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        repetition_penalty: float = 1.0,
        seed: int | None = None,
    ):
        warm = 1e-6 <= temperature < float("inf")  # below, dividing by it overflows
        _check("temperature", temperature, temperature == 0 or warm, "0, or 1e-6 or more")
        _check("top_k", top_k, top_k is None or top_k >= 1, "at least 1")
        _check("top_p", top_p, top_p is None or 0 < top_p <= 1, "above 0 and at most 1")
        _check("min_p", min_p, min_p is None or 0 <= min_p <= 1, "from 0 to 1")
        penalised = 0 < repetition_penalty < float("inf")
        _check("repetition_penalty", repetition_penalty, penalised, "above 0")
        _check("seed", seed, seed is None or 0 <= seed < 2**63, "from 0 up to 2**63")
        self.temperature, self.top_k, self.top_p, self.min_p = temperature, top_k, top_p, min_p
        self.repetition_penalty = repetition_penalty
        self.generator = torch.Generator()
        if seed is None:
            self.generator.seed()
        else:
            self.generator.manual_seed(seed)

    def __call__(self, logits: Logits, tokens: Int[Tensor, "B T"]) -> Int[Tensor, " B"]:
        """Choose one token id for each row of logits (B, vocab_size).

        Raises: nothing.
        Source: this book, chapter 16.
        """
        if self.temperature == 0:
            return self._penalised(logits.float(), tokens).argmax(-1).to(tokens)
        probabilities = self.distribution(logits, tokens)
        drawn = torch.multinomial(probabilities, 1, generator=self.generator)
        return drawn[:, 0].to(tokens)

    def distribution(
        self, logits: Logits, tokens: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B vocab_size"]:
        """Return the probabilities from which `__call__` draws.

        On the CPU and in float64, so that a seed makes the same choices everywhere.

        Raises: GenerateError at temperature 0, where nothing is drawn.
        Source: this book, chapter 16.
        """
        if self.temperature == 0:
            needed = "a temperature above 0 for a distribution"
            raise GenerateError(problem(needed, "temperature=0", "logits.argmax(-1)"))
        logits = self._penalised(logits.cpu().double(), tokens.cpu()) / self.temperature
        if self.top_k is not None:
            logits = keep_top_k(logits, self.top_k)
        if self.top_p is not None:
            logits = keep_top_p(logits, self.top_p)
        if self.min_p is not None:
            logits = keep_min_p(logits, self.min_p)
        return logits.softmax(-1)

    def _penalised(self, logits: Tensor, tokens: Tensor) -> Tensor:
        if self.repetition_penalty == 1:
            return logits
        return penalise_repetition(logits, tokens, self.repetition_penalty)


def _check(name: str, value: float | None, holds: bool, needed: str) -> None:
    if not holds:
        raise GenerateError(problem(f"{name} must be {needed}", repr(value), f"{name} {needed}"))
