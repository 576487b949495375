"""A training step of each recipe, against the same model in Hugging Face's transformers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

from minigpt.bench.timing import Findings, Target, Timing, has_bf16, peer, take_turns
from minigpt.data import Batches
from minigpt.model import GPT
from minigpt.presets import preset
from minigpt.train import Trainer

VOCAB_SIZE = 65  # the different characters of tiny Shakespeare
N_TOKENS = 10_000

PEER = "GPT-2's recipe, Hugging Face, fp32"
GPT2, GPT2_BF16 = "GPT-2's recipe, ours, fp32", "GPT-2's recipe, ours, bf16"
OURS, OURS_BF16 = "default recipe, ours, fp32", "default recipe, ours, bf16"


def measure(rounds: int) -> Findings:
    """Time whole steps: a batch drawn, forward, backward, clipped, the weights changed.

    Raises: ConfigError when rounds is not positive.
    Source: this book.
    """
    tasks = {GPT2: _our_step("char-gpt2", "fp32"), OURS: _our_step("char", "fp32")}
    notes = []
    if has_bf16():
        tasks |= {GPT2_BF16: _our_step("char-gpt2", "bf16"), OURS_BF16: _our_step("char", "bf16")}
    else:
        notes.append("bf16 not measured: this processor has no avx512_bf16")
    if transformers := peer("transformers", notes):
        tasks[PEER] = _their_step(transformers)
    timings = take_turns(tasks, rounds)
    return Findings(list(timings.values()), _targets(timings), notes=notes)


def _targets(timings: dict[str, Timing]) -> list[Target]:
    compared = [
        (GPT2, PEER, 1.0),
        (GPT2_BF16, GPT2, 0.65),
        (OURS_BF16, GPT2, 1.0),
        (OURS, GPT2, None),
    ]
    return [
        Target(f"training step: {one} / {other}", timings[one].over(timings[other]), bound)
        for one, other, bound in compared
        if one in timings and other in timings
    ]


def _our_step(name: str, precision: str) -> Callable[[], Any]:
    model_config, config = preset(name).configs(VOCAB_SIZE, precision=precision, device="cpu")
    torch.manual_seed(0)
    model = GPT(model_config)
    return Trainer(
        model, _batches(config.batch_size, model_config.context_length), config
    ).train_step


def _their_step(transformers: Any) -> Callable[[], Any]:
    """The model of char-gpt2, and around it the loop that its users write."""
    model_config, config = preset("char-gpt2").configs(VOCAB_SIZE)
    torch.manual_seed(0)
    model = transformers.GPT2LMHeadModel(their_config(transformers, model_config)).train()
    batches = _batches(config.batch_size, model_config.context_length)
    optimizer = torch.optim.AdamW(
        model.parameters(), config.lr, weight_decay=config.weight_decay, fused=True
    )

    def step() -> tuple[float, float]:
        tokens, targets = batches.next()
        logits = model(tokens).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        norm = clip_grad_norm_(model.parameters(), config.grad_clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item(), norm.item()

    return step


def their_config(transformers: Any, config: Any) -> Any:
    """Say in Hugging Face's words which GPT-2 a ModelConfig describes, without dropout.

    Raises: nothing.
    Source: Radford et al. 2019; transformers' GPT2Config.
    """
    return transformers.GPT2Config(
        vocab_size=config.vocab_size,
        n_positions=config.context_length,
        n_embd=config.d_model,
        n_layer=config.n_layers,
        n_head=config.n_heads,
        bos_token_id=None,
        eos_token_id=None,
        **dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0),
    )


def _batches(batch_size: int, context_length: int) -> Batches:
    tokens = np.random.default_rng(0).integers(VOCAB_SIZE, size=N_TOKENS)
    return Batches(tokens, batch_size, context_length, seed=0)
