"""What each piece of the recipe is worth: the loss on a text, the pieces added one at a time."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from minigpt.bench.timing import Findings, Target, has_bf16
from minigpt.presets import PRESETS, Preset
from minigpt.run import Run

SEEDS = (1, 2, 3)
MOST_LOSS, MOST_PARAMETERS = 1.60, 810_000
DEFAULT, GPT2 = "three wider layers, six heads: the default recipe", "GPT-2's recipe"

# Each line is added to those above it.
PIECES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    GPT2: ({}, {}),
    "no biases": ({"bias": False}, {}),
    "RMSNorm for LayerNorm": ({"norm": "rmsnorm"}, {}),
    "rotary for learned positions": ({"position": "rotary"}, {}),
    "queries and keys normalised": ({"qk_norm": True}, {}),
    "ReLU² for GELU": ({"mlp": "relu2"}, {}),
    "output projections begin at zero": ({"zero_init": True}, {}),
    "steps three times as long, falling to zero": (
        {},
        {"lr": 3e-3, "schedule": "linear", "final_lr": 0.0, "warmup_steps": 50, "beta2": 0.95},
    ),
    "Muon for the matrices": ({}, {"optimizer": "muon"}),
    DEFAULT: ({"n_layers": 3, "n_heads": 6, "d_model": 144}, {}),
}


def recipes() -> dict[str, Preset]:
    """Return the presets from char-gpt2 to char, one piece more in each.

    Raises: nothing.
    Source: this book, chapter 15.
    """
    preset, found = PRESETS["char-gpt2"], {}
    for piece, (model, train) in PIECES.items():
        preset = replace(preset, model=preset.model | model, train=preset.train | train)
        found[piece] = preset
    return found


def measure(data: str) -> Findings:
    """Train every recipe with seed 1, the first and the last with all seeds, on one thread.

    A row has the loss in nats a token on the whole held-back part of the text, and the
    seconds of CPU time that training took.

    Raises: DataError when the text cannot be read.
    Source: this book, chapter 15.
    """
    findings, ladder = Findings(), recipes()
    precisions = ("fp32", "bf16") if has_bf16() else ("fp32",)
    plan = [(recipe, 1, "fp32") for recipe in ladder if recipe != DEFAULT]
    plan += [(GPT2, seed, "fp32") for seed in SEEDS[1:]]
    plan += [(DEFAULT, seed, precision) for precision in precisions for seed in SEEDS]
    for recipe, seed, precision in plan:
        findings.rows.append(train(data, recipe, ladder[recipe], seed, precision))
    for precision in precisions:
        findings.targets.append(_target(findings.rows, precision))
    most = max(row["parameters"] for row in findings.rows)
    findings.targets.append(Target("parameters, the most of any recipe", most, MOST_PARAMETERS))
    return findings


def _target(rows: list[dict[str, Any]], precision: str) -> Target:
    ours = [r["loss"] for r in rows if (r["recipe"], r["precision"]) == (DEFAULT, precision)]
    what = f"loss of the default recipe, {precision}, the worst of seeds 1 to 3"
    return Target(what, max(ours), at_most=MOST_LOSS)


def train(data: str, recipe: str, preset: Preset, seed: int, precision: str) -> dict[str, Any]:
    """Train once, as `python -m minigpt train` does; return recipe, loss, parameters and time.

    Raises: DataError when the text cannot be read.
    Source: this book, chapter 15.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            seldom = {"eval_every": preset.train["steps"], "save_every": preset.train["steps"]}
            asked = {**seldom, "seed": seed, "precision": precision, "device": "cpu"}
            run = Run.begin(Path(folder) / "run", data, preset, **asked)
            start = time.process_time()
            report = run.train(say=lambda _text: None)
            seconds = time.process_time() - start
    finally:
        torch.set_num_threads(n_threads)
    found = {"recipe": recipe, "seed": seed, "precision": precision, "loss": report.loss}
    return found | {"parameters": run.trainer.model.n_parameters(), "cpu_seconds": seconds}
