"""Train the small models that the chapters look into, and keep their weights.

python -m tools.models              every model below, into models/
python -m tools.models kingdom      this one alone

Each is an ordinary run, stopped at its last step, whose checkpoint has lost the optimiser's
memory. models/NAME then holds what `load_checkpoint` reads, with the SHA-256 of each file in
its manifest.json; models/README.md lists them.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from minigpt.checkpoint import Checkpoint, checkpoints, load_checkpoint, save_checkpoint
from minigpt.corpus import FACTS
from minigpt.costs import n_parameters
from minigpt.presets import Preset
from minigpt.run import Run
from tools import facts
from tools.stored import ROOT

FOLDER = ROOT / "models"
KINGDOM = Preset(
    "the corpus whole: who writes what into the stream, sampling, attention",
    {"n_layers": 4, "n_heads": 4, "d_model": 96, "context_length": 128},
    {"steps": 3_000, "batch_size": 16, "threads": 1, "device": "cpu"}
    | {"eval_every": 1_000, "save_every": 1_000},
)
KINGDOM_VOCAB, KINGDOM_DATA, SEED = 768, "kingdom:20000", 1


class Model(NamedTuple):
    """What a model is for, how it is trained, on what, and how to say what it reached."""

    purpose: str
    train: Callable[..., None]
    data: str
    reached: Callable[[Checkpoint], str]


def train_kingdom(out: Path, **settings: int) -> None:
    """Train on the built-in corpus, and keep the model in `out`/step-... without its training.

    Raises: CheckpointError when `out` cannot be written.
    Source: this book.
    """
    with tempfile.TemporaryDirectory() as scratch:
        shape = {"vocab_size": KINGDOM_VOCAB, "seed": SEED}
        result = Run.begin(scratch, KINGDOM_DATA, KINGDOM, **shape, **settings).train()
        saved = load_checkpoint(scratch)
    state = saved.state | {"report": result.to_dict() if result else {}}
    save_checkpoint(out, saved.build_model(), saved.train_config, {}, state, saved.tokenizer)


def _bits(saved: Checkpoint) -> str:
    found = saved.state["report"]
    return f"{found['bits_per_story']:.2f} bits a story; the floor is {found['floor']:.2f}"


def _facts(saved: Checkpoint) -> str:
    return f"{facts.known(saved)} of {len(FACTS)} facts"


MODELS = {
    "kingdom": Model(KINGDOM.purpose, train_kingdom, f"`{KINGDOM_DATA}`", _bits),
    "facts": Model(
        "what the neurons of an MLP know: a single block",
        facts.train,
        f"`minigpt.corpus.FACTS`, {facts.TELLINGS} times",
        _facts,
    ),
}

PAGE = """# Small models, to look into

Trained by `python -m tools.models`, each on one core of a CPU (`kingdom` for some minutes, `facts`
for half of one), with seed {seed}; `load_checkpoint` reads them, and refuses a file that is not
the one that was kept.

| model | for | trained on | parameters | reached | model.safetensors, SHA-256 |
|---|---|---|---|---|---|
{rows}
"""


def page() -> str:
    """List the models that are kept, a row each.

    Raises: CheckpointError where one is damaged.
    Source: this book.
    """
    return PAGE.format(seed=SEED, rows="\n".join(map(_row, MODELS)))


def _row(name: str) -> str:
    model, saved = MODELS[name], load_checkpoint(FOLDER / name)
    [kept] = checkpoints(FOLDER / name)
    sha256 = json.loads((kept / "manifest.json").read_text(encoding="utf-8"))["model.safetensors"]
    return (
        f"| {name} | {model.purpose} | {model.data}, {saved.state['step']:,} steps "
        f"| {n_parameters(saved.model_config):,} | {model.reached(saved)} | `{sha256}` |"
    )


def main(names: list[str]) -> None:
    """Train what is named, or everything, and write the page.

    Raises: KeyError for an unknown name.
    Source: this book.
    """
    for name in names or MODELS:
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        MODELS[name].train(FOLDER / name)
    (FOLDER / "README.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
