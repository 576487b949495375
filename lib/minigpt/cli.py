"""The command line: train, sample, evaluate, tokenize, corpus, bench."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from minigpt import corpus
from minigpt.bench import bench
from minigpt.checkpoint import load_checkpoint
from minigpt.config import DEVICES, PRECISIONS, TOKENIZERS
from minigpt.data import DOWNLOADS, open_data
from minigpt.errors import ConfigError, MiniGPTError, TokenizerError, problem
from minigpt.generate import stream
from minigpt.presets import PRESETS, preset
from minigpt.report import report
from minigpt.run import Run, make_tokenizer
from minigpt.sampling import Sampler
from minigpt.tokenizer import END, Tokenizer, load_tokenizer
from minigpt.train import pick_device

DATA_HELP = (
    "the built-in corpus ('kingdom', or 'kingdom:5000' for another number of stories), "
    f"a UTF-8 text file, or a download ({', '.join(DOWNLOADS)})"
)
TRAIN_SETTINGS = ("steps", "batch_size", "seed", "device", "precision", "compile", "threads")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, 2 for bad input, 130 when interrupted.

    Raises: nothing; errors are printed in a line or two.
    Source: this book.
    """
    arguments = _parser().parse_args(argv)
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except MiniGPTError as error:
        print(f"minigpt {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m minigpt",
        description="Train a small GPT, and write with it.",
        epilog="Begin with: python -m minigpt train --preset tiny --data kingdom --out runs/hello",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_add_train, _add_sample, _add_evaluate, _add_tokenize, _add_corpus, _add_bench):
        add(commands)
    return parser


def _command(commands, run: Callable, summary: str, example: str) -> argparse.ArgumentParser:
    name = run.__name__.removeprefix("_")
    command = commands.add_parser(
        name, help=summary, description=summary, epilog=f"Example: python -m minigpt {example}"
    )
    command.set_defaults(run=run)
    return command


def _add_train(commands) -> None:
    example = "train --preset char --data my_text.txt --out runs/mine --seed 1"
    command = _command(commands, _train, "train a model and save it", example)
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
    if arguments.resume:
        _refuse_changes(arguments)
        run = Run.resume(arguments.out, say=_note, device=arguments.device)
    else:
        if not (arguments.preset and arguments.data):
            came = "neither" if not (arguments.preset or arguments.data) else "only one of them"
            raise ConfigError(problem("--preset and --data", came, "--preset tiny --data kingdom"))
        given = {n: v for n, v in vars(arguments).items() if n in TRAIN_SETTINGS and v is not None}
        options = (preset(arguments.preset), arguments.tokenizer, arguments.vocab_size)
        run = Run.begin(arguments.out, arguments.data, *options, **given)
    if run.trainer.config.threads is not None:
        torch.set_num_threads(run.trainer.config.threads)
    _describe(run)
    if run.train(say=tqdm.write) is None:
        return 130
    where = shlex.quote(str(run.out))
    print(f"Saved in {where}. Try: python -m minigpt sample --checkpoint {where}")
    return 0


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


def _add_sample(commands) -> None:
    example = "sample --checkpoint runs/hello --prompt 'The king' --temperature 0.8 --seed 1"
    command = _command(commands, _sample, "write with a trained model", example)
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
    saved = load_checkpoint(arguments.checkpoint, say=_note)
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


def _add_evaluate(commands) -> None:
    example = "evaluate --checkpoint runs/hello --data kingdom"
    command = _command(commands, _evaluate, "measure a model's loss on data", example)
    add = command.add_argument
    add("--checkpoint", metavar="DIR", required=True, help="the --out of a training run")
    add("--data", metavar="DATA", required=True, help=DATA_HELP)
    add("--split", choices=("val", "all"), default="val", help="val: the last 10 %% (default)")
    add("--device", choices=DEVICES, default="auto", help="default: a GPU where there is one")
    add("--json", action="store_true", help="print JSON")


def _evaluate(arguments: argparse.Namespace) -> int:
    saved = load_checkpoint(arguments.checkpoint, say=_note)
    model = saved.build_model().to(pick_device(arguments.device))
    result = report(model, saved.tokenizer, open_data(arguments.data), arguments.split)
    print(json.dumps(result.to_dict()) if arguments.json else result)
    return 0


def _add_tokenize(commands) -> None:
    example = "tokenize --checkpoint runs/hello --text 'The queen smiled.'"
    command = _command(commands, _tokenize, "show how text becomes tokens, or learn how", example)
    add = command.add_argument
    add("--text", metavar="TEXT", help="text to cut into tokens")
    add("--checkpoint", metavar="DIR", help="use the tokenizer of a training run")
    add("--tokenizer", metavar="FILE", help="use a saved tokenizer")
    add("--train-on", metavar="DATA", help="learn a byte-pair tokenizer: " + DATA_HELP)
    add("--vocab-size", type=int, metavar="N", default=1_024, help="how many tokens to learn")
    add("--save", metavar="FILE", help="where to save the tokenizer")


def _tokenize(arguments: argparse.Namespace) -> int:
    sources = [arguments.checkpoint, arguments.tokenizer, arguments.train_on]
    if (n_given := sum(source is not None for source in sources)) != 1:
        needed = "exactly one of --checkpoint, --tokenizer and --train-on"
        raise ConfigError(problem(needed, f"{n_given} of them", "--train-on kingdom"))
    if arguments.text is None and arguments.save is None:
        raise ConfigError(problem("--text, --save or both", "neither", "--text 'The king'"))
    if arguments.checkpoint is not None:
        tokenizer = load_checkpoint(arguments.checkpoint, say=_note).tokenizer
    elif arguments.tokenizer is not None:
        tokenizer = load_tokenizer(arguments.tokenizer)
    else:
        tokenizer = make_tokenizer(open_data(arguments.train_on), "bpe", arguments.vocab_size)
    if arguments.save is not None:
        tokenizer.save(arguments.save)
        print(f"{tokenizer.vocab_size:,} tokens saved in {arguments.save}")
    if arguments.text is not None:
        for i in tokenizer.encode(arguments.text):
            print(f"{i:6d}  {tokenizer.decode([i])!r}")
    return 0


def _add_corpus(commands) -> None:
    example = "corpus --n 3 --seed 7"
    command = _command(commands, _corpus, "print stories of the built-in corpus", example)
    add = command.add_argument
    add("--n", type=int, metavar="N", default=5, help="how many stories (default 5)")
    add("--seed", type=int, metavar="N", default=0, help="the same seed, the same stories")
    add("--bits", action="store_true", help="print each story's surprise and the average")
    add("--check", metavar="FILE", help="say of each line of FILE whether it is a story")


def _corpus(arguments: argparse.Namespace) -> int:
    if arguments.check is not None:
        return _check_stories(Path(arguments.check))
    for story in corpus.stories(arguments.n, seed=arguments.seed):
        print(f"{corpus.story_bits(story):6.2f} bits  {story}" if arguments.bits else story)
    if arguments.bits:
        print(f"{corpus.entropy():6.2f} bits  a story on average: the entropy of the corpus")
    return 0


def _check_stories(path: Path) -> int:
    lines = [line for line in _read_text(path).splitlines() if line.strip()]
    good = 0
    for line in lines:
        parse = corpus.parse(line)
        good += parse.ok
        if not parse.ok:
            at = parse.stopped_at
            print(f"not a story from character {at}: {line[:at]}>>>{line[at:]}")
    print(f"{good} of {len(lines)} lines are stories")
    return 0


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        came = f"{path} ({error.__class__.__name__})"
        raise ConfigError(problem("a UTF-8 text file to check", came, "another file")) from error


def _add_bench(commands) -> None:
    command = _command(commands, _bench, "measure speed on this machine", "bench --json")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--rounds", type=int, metavar="N", default=5, help="repetitions")


def _bench(arguments: argparse.Namespace) -> int:
    rows = bench(arguments.rounds)
    if arguments.json:
        print(json.dumps(rows))
    else:
        for row in rows:
            print(f"{row['what']:<58}{row['median_ms']:>10.2f} ms  (+- {row['spread_ms']:.2f})")
    return 0


def _note(text: str) -> None:
    print(text, file=sys.stderr)
