"""Writing with a cache, against Hugging Face's, and against writing without one."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from minigpt.bench.timing import Findings, Target, Timing, peer, take_turns
from minigpt.bench.training import their_config
from minigpt.config import ModelConfig
from minigpt.errors import GenerateError, problem
from minigpt.generate import generate
from minigpt.gpt2_weights import to_gpt2
from minigpt.model import GPT
from minigpt.presets import GPT2_MODEL

SIZES = {"n_layers": 6, "n_heads": 6, "d_model": 384, "context_length": 1024, "vocab_size": 4096}
PROMPT = 8
LENGTHS = {512: 15.0, 1_000: 25.0}  # new tokens, and how many times less the cache should take
TIE = 1e-4  # between two scores; programs round them differently by a fifth of that

PEER, CACHED, UNCACHED = "cached, Hugging Face", "cached, ours", "no cache, ours"


def measure(rounds: int) -> Findings:
    """Write greedily, one text at a time, in fp32; all write the same tokens, up to a tie.

    Raises: ConfigError when rounds is not positive; GenerateError when the tokens differ.
    Source: Shazeer 2019, section 2.4, for the cache.
    """
    findings = Findings()
    for n_tokens, times_less in LENGTHS.items():
        timings = take_turns(_writers(n_tokens, findings.notes), rounds)
        named = {
            what: Timing(f"{n_tokens} tokens, {what}", t.seconds) for what, t in timings.items()
        }
        findings.timings += named.values()
        findings.targets += _targets(n_tokens, times_less, named)
    findings.notes = sorted(set(findings.notes))
    return findings


def _targets(n_tokens: int, times_less: float, timings: dict[str, Timing]) -> list[Target]:
    what = f"writing {n_tokens} tokens: "
    speedup = timings[UNCACHED].over(timings[CACHED])
    targets = [Target(what + f"{UNCACHED} / {CACHED}", speedup, at_least=times_less)]
    if PEER in timings:
        ratio = timings[CACHED].over(timings[PEER])
        targets.append(Target(what + f"{CACHED} / {PEER}", ratio, at_most=1.0))
    return targets


def _writers(n_tokens: int, notes: list[str]) -> dict[str, Callable[[], Any]]:
    model = _model()
    prompt = torch.arange(1, 1 + PROMPT)[None]  # 0 is what Hugging Face pads with
    writers = {
        CACHED: lambda: generate(model, prompt, n_tokens),
        UNCACHED: lambda: generate(model, prompt, n_tokens, use_cache=False),
    }
    if transformers := peer("transformers", notes):
        theirs = transformers.GPT2LMHeadModel(their_config(transformers, model.config)).eval()
        theirs.load_state_dict(to_gpt2(model))
        asked = {"max_new_tokens": n_tokens, "do_sample": False, "pad_token_id": 0}
        writers[PEER] = lambda: theirs.generate(prompt, **asked)
        notes += check_equal(model, writers[PEER](), writers[CACHED]())
    return writers


def _model() -> GPT:
    torch.manual_seed(0)
    model = GPT(ModelConfig(**SIZES, **GPT2_MODEL)).eval()
    with torch.no_grad():  # loud weights, so that the likeliest token wins clearly
        for p in model.parameters():
            if p.dim() > 1:
                p.normal_(0, 0.1)
    return model


def check_equal(model: GPT, theirs: Int[Tensor, "1 T"], ours: Int[Tensor, "1 T"]) -> list[str]:
    """Refuse to compare the times of two programs that wrote different texts.

    Between two tokens that score alike a rounding decides, and with it what follows: such a
    tie is not refused, but returned as a note.

    Raises: GenerateError when the tokens differ otherwise.
    Source: this book.
    """
    if torch.equal(theirs, ours):
        return []
    if theirs.shape == ours.shape:
        at = int((theirs != ours)[0].nonzero()[0])
        with torch.no_grad():
            scores = model(ours[:, :at])[0, -1]
        if scores.max() - scores[theirs[0, at]] < TIE:
            return [f"Token {at} was a tie on this machine; from there on the texts differ."]
    needed, came = "the same tokens from the same weights", "others from Hugging Face"
    raise GenerateError(problem(needed, came, "a look at both models' logits"))
