"""Commands that need no model: tokenize, corpus."""

import argparse
from pathlib import Path

from minigpt import corpus
from minigpt.checkpoint import load_checkpoint
from minigpt.cli.common import DATA_HELP, Commands, new_command, note
from minigpt.data import open_data
from minigpt.errors import ConfigError, problem
from minigpt.run import make_tokenizer
from minigpt.tokenizer import load_tokenizer


def add_tokenize(commands: Commands) -> None:
    """Add the command `tokenize` and its flags to the parser.

    Raises: nothing.
    Source: this book.
    """
    example = "tokenize --checkpoint runs/hello --text 'The queen smiled.'"
    command = new_command(
        commands, _tokenize, "show how text becomes tokens, or learn how", example
    )
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
        tokenizer = load_checkpoint(arguments.checkpoint, say=note).tokenizer
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


def add_corpus(commands: Commands) -> None:
    """Add the command `corpus` and its flags to the parser.

    Raises: nothing.
    Source: this book.
    """
    example = "corpus --n 3 --seed 7"
    command = new_command(commands, _corpus, "print stories of the built-in corpus", example)
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
