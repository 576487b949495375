"""Commands that need a model: train, sample, evaluate, bench."""

import argparse
import json
import shlex
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from tqdm import tqdm

from minigpt.bench import EVERY, bench
from minigpt.checkpoint import load_checkpoint
from minigpt.cli.common import DATA_HELP, Commands, complain, new_command, note
from minigpt.config import DEVICES, PRECISIONS, TOKENIZERS
from minigpt.data import open_data
from minigpt.distributed import Group, processes
from minigpt.errors import ConfigError, TokenizerError, problem
from minigpt.generate import stream
from minigpt.presets import PRESETS, preset
from minigpt.report import report
from minigpt.run import Run
from minigpt.sampling import Sampler
from minigpt.tokenizer import END, Tokenizer
from minigpt.train import pick_device

TRAIN_SETTINGS = ("steps", "batch_size", "seed", "device", "precision", "compile", "threads")


def add_train(commands: Commands) -> None:
    """Add the command `train` and its flags to the parser.

    Raises: nothing.
    Source: this book.
    """
    example = "train --preset char --data my_text.txt --out runs/mine --seed 1"
    command = new_command(commands, _train, "train a model and save it", example)
    add = command.add_argument
    presets = "; ".join(f"{name}: {each.purpose}" for name, each in PRESETS.items())
    add("--preset", metavar="NAME", help=f"size and recipe. {presets}")
    add("--data", metavar="DATA", help=DATA_HELP)
    add("--out", metavar="DIR", required=True, help="where checkpoints and metrics go")
    add("--steps", type=int, metavar="N", help="how many steps (default: the preset's)")
    add("--batch-size", type=int, metavar="N", help="how many windows of text a step")
    add("--seed", type=int, metavar="N", help="the same seed gives the same model (default 0)")
    add("--device", choices=DEVICES, help="default: a GPU where there is one")
    add("--precision", choices=PRECISIONS, help="default: bf16 where the GPU has it, else fp32")
    add("--compile", action="store_true", default=None, help="compile the model first")
    add("--threads", type=int, metavar="N", help="CPU threads (default: as PyTorch decides)")
    add("--tokenizer", choices=TOKENIZERS, help="default: bpe for stories, else the preset's")
    add("--vocab-size", type=int, metavar="N", help="how many tokens bpe should learn")
    add("--resume", action="store_true", help="go on with the run in DIR, with its own settings")


def _train(arguments: argparse.Namespace) -> int:
    with processes(partial(complain, arguments.command)) as group:
        run = _open(arguments, group)
        if run.trainer.config.threads is not None:
            torch.set_num_threads(run.trainer.config.threads)
        if group.is_main:
            _describe(run)
        if run.train(say=tqdm.write) is None:
            return 130
    if group.is_main:
        where = shlex.quote(str(run.out))
        print(f"Saved in {where}. Try: python -m minigpt sample --checkpoint {where}")
    return 0


def _open(arguments: argparse.Namespace, group: Group) -> Run:
    if arguments.resume:
        _refuse_changes(arguments)
        return Run.resume(arguments.out, say=note, device=arguments.device, group=group)
    if not (arguments.preset and arguments.data):
        came = "neither" if not (arguments.preset or arguments.data) else "only one of them"
        raise ConfigError(problem("--preset and --data", came, "--preset tiny --data kingdom"))
    given = {n: v for n, v in vars(arguments).items() if n in TRAIN_SETTINGS and v is not None}
    options = (preset(arguments.preset), arguments.tokenizer, arguments.vocab_size, group)
    return Run.begin(arguments.out, arguments.data, *options, **given)


def _refuse_changes(arguments: argparse.Namespace) -> None:
    fixed = {"preset", "data", "tokenizer", "vocab_size", *TRAIN_SETTINGS} - {"device"}
    changed = [name for name, v in vars(arguments).items() if name in fixed and v is not None]
    if changed:
        flags = ", ".join("--" + name.replace("_", "-") for name in changed)
        needed = "only --out and --device beside --resume, since a run keeps its settings"
        raise ConfigError(problem(needed, flags, "leaving them out, or a new --out"))


def _describe(run: Run) -> None:
    trainer = run.trainer
    config, train = trainer.model.config, trainer.config
    print(
        f"{trainer.model.n_parameters():,} parameters ({config.n_layers} layers, {config.n_heads} "
        f"heads, width {config.d_model}), {config.vocab_size:,} tokens in the vocabulary"
    )
    print(
        f"{train.steps:,} steps of {train.batch_size} x {config.context_length} tokens on "
        f"{trainer.device.type} in {str(trainer.dtype).removeprefix('torch.')}"
    )


def add_sample(commands: Commands) -> None:
    """Add the command `sample` and its flags to the parser.

    Raises: nothing.
    Source: this book.
    """
    example = "sample --checkpoint runs/hello --prompt 'The king' --temperature 0.8 --seed 1"
    command = new_command(commands, _sample, "write with a trained model", example)
    add = command.add_argument
    add("--checkpoint", metavar="DIR", required=True, help="the --out of a training run")
    add("--prompt", metavar="TEXT", default="", help="how the text begins (default: a new story)")
    add("--max-new-tokens", type=int, metavar="N", default=200, help="stop after N tokens")
    add("--temperature", type=float, metavar="T", default=1.0, help="0: always the likeliest")
    add("--top-k", type=int, metavar="K", help="choose among the K likeliest tokens")
    add("--top-p", type=float, metavar="P", help="choose among the likeliest that make up P")
    add("--min-p", type=float, metavar="P", help="drop what is less than P times the likeliest")
    add("--repetition-penalty", type=float, metavar="R", default=1.0, help="above 1: less of it")
    add("--seed", type=int, metavar="N", help="the same seed writes the same text")
    add("--n", type=int, metavar="N", default=1, help="how many texts, a blank line between")
    add("--device", choices=DEVICES, default="auto", help="default: a GPU where there is one")
    add("--no-cache", action="store_true", help="compute everything anew for every token")


def _sample(arguments: argparse.Namespace) -> int:
    saved = load_checkpoint(arguments.checkpoint, say=note)
    model = saved.build_model().to(pick_device(arguments.device)).eval()
    filters = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed")
    sampler = Sampler(**{name: getattr(arguments, name) for name in filters})
    if arguments.n < 1:
        raise ConfigError(problem("at least 1 text", f"--n {arguments.n}", "--n 1"))
    # A story begins after END, and ends with it; a text has none.
    ends = [saved.tokenizer.special_id(END)] if END in saved.tokenizer.specials else []
    tokens = ends + saved.tokenizer.encode(arguments.prompt) or _new_line(saved.tokenizer)
    row = torch.tensor([tokens], device=next(model.parameters()).device)
    limit, cached = arguments.max_new_tokens, not arguments.no_cache
    for number in range(arguments.n):
        new = stream(model, row, limit, sampler, stop=tuple(ends), use_cache=cached)
        ids = (int(column) for column in new)
        print("\n" * (number > 0) + arguments.prompt, end="")
        for piece in saved.tokenizer.decode_stream(i for i in ids if i not in ends):
            print(piece, end="", flush=True)
        print()
    return 0


def _new_line(tokenizer: Tokenizer) -> list[int]:
    try:
        return tokenizer.encode("\n")
    except TokenizerError as error:
        came = "none, and a model that knows no line to begin"
        raise ConfigError(problem("a --prompt to go on from", came, "--prompt 'the'")) from error


def add_evaluate(commands: Commands) -> None:
    """Add the command `evaluate` and its flags to the parser.

    Raises: nothing.
    Source: this book.
    """
    example = "evaluate --checkpoint runs/hello --data kingdom"
    command = new_command(commands, _evaluate, "measure a model's loss on data", example)
    add = command.add_argument
    add("--checkpoint", metavar="DIR", required=True, help="the --out of a training run")
    add("--data", metavar="DATA", required=True, help=DATA_HELP)
    add("--split", choices=("val", "all"), default="val", help="val: the last 10 %% (default)")
    add("--device", choices=DEVICES, default="auto", help="default: a GPU where there is one")
    add("--json", action="store_true", help="print JSON")


def _evaluate(arguments: argparse.Namespace) -> int:
    saved = load_checkpoint(arguments.checkpoint, say=note)
    model = saved.build_model().to(pick_device(arguments.device))
    result = report(model, saved.tokenizer, open_data(arguments.data), arguments.split)
    print(json.dumps(result.to_dict()) if arguments.json else result)
    return 0


def add_bench(commands: Commands) -> None:
    """Add the command `bench` and its flags to the parser.

    Raises: nothing.
    Source: this book.
    """
    example = "bench steps generation --rounds 5 --json"
    command = new_command(commands, _bench, "measure speed and quality on this machine", example)
    add = command.add_argument
    add("parts", nargs="*", metavar="PART", help=f"of {', '.join(EVERY)} (default: all)")
    add("--rounds", type=int, metavar="N", default=5, help="turns that each task takes")
    add("--data", metavar="FILE", help="the text on which the recipes of `quality` are trained")
    add("--json", action="store_true", help="print JSON")


def _bench(arguments: argparse.Namespace) -> int:
    found = bench(arguments.parts, arguments.rounds, arguments.data, say=note)
    if arguments.json:
        print(json.dumps(found, indent=1))
        return 0
    for name, part in found["parts"].items():
        print(f"{name}\n" + "\n".join("  " + line for line in _lines(part)))
    return 0


def _lines(part: dict[str, Any]) -> Iterator[str]:
    """Say what a part of the bench has found, a line each."""
    for row in part["timings"]:
        yield f"{row['what']:<60}{row['median_ms']:>11.2f} ms  (+- {row['spread_ms']:.2f})"
    for row in part["rows"]:
        yield "  ".join(
            f"{k} {v:.5g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()
        )
    for row in part["targets"]:
        bounds = [f"{w.replace('_', ' ')} {row[w]:g}" for w in ("at_most", "at_least") if w in row]
        verdict = (
            f"  ({', '.join(bounds)}: {'holds' if row['holds'] else 'MISSED'})" if bounds else ""
        )
        yield f"{row['what']:<80}{row['measured']:>9.3f}{verdict}"
    yield from part["notes"]
