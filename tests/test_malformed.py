"""Whatever comes, the answer is an error by name in a line or two, and nothing is lost.

A row says what is wrong, what is done with it, which error it must raise, and which words its
message must hold. A list is a command line; anything else is called with the folder `here`,
where `prepared` has put good and bad files.
"""

import hashlib
import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from run_helpers import MINI, damage, some_text, text_file, tiny_model, with_preset
from safetensors.torch import load_file, save_file

from minigpt import cli
from minigpt.checkpoint import checkpoints, load_checkpoint
from minigpt.config import ModelConfig, TrainConfig
from minigpt.data import Batches, open_data
from minigpt.errors import (
    CheckpointError,
    ConfigError,
    CorpusError,
    DataError,
    GenerateError,
    MiniGPTError,
    ShapeError,
    TokenizerError,
    TrainError,
)
from minigpt.generate import beam_search, generate
from minigpt.presets import preset
from minigpt.sampling import Sampler
from minigpt.tokenizer import BPETokenizer, CharTokenizer, load_tokenizer

ARGPARSE = SystemExit  # the parser's own refusals: usage and one line

# --- the files -----------------------------------------------------------------------------------


class Payload:
    """Unpickled, it writes a file: code that a foreign checkpoint might carry."""

    def __init__(self, sentinel: Path):
        self.sentinel = sentinel

    def __reduce__(self):
        return Path.write_text, (self.sentinel, "executed")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """One run on a text, and files of every bad kind."""
    here = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        with_preset(patch, "mini", MINI)
        train = ["--preset", "mini", "--data", text_file(here), "--steps", "2"]
        assert cli.main(["train", *train, "--out", str(here / "run")]) == 0
    (here / "empty.txt").touch()
    (here / "one.txt").write_text("a")
    (here / "short.txt").write_text("the king ")
    (here / "oneline.txt").write_text(some_text().replace("\n", " "))
    (here / "latin1.txt").write_bytes("a café in Zürich".encode("latin-1"))
    (here / "cut.txt").write_bytes("the king in Zürich and Genè".encode()[:-1])
    (here / "odd.txt").write_text("Ω" * 50)
    (here / "folder").mkdir()
    (here / "tokenizer.json").write_text(json.dumps(CharTokenizer.from_text("abc").to_dict()))
    (here / "list.json").write_text("[1, 2]")
    (here / "deep.json").write_text("[" * 100_000)
    return here


@pytest.fixture
def here(prepared, tmp_path, monkeypatch):
    """A copy of the prepared folder to damage, and the current directory."""
    shutil.copytree(prepared, tmp_path / "here")
    with_preset(monkeypatch, "mini", MINI)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def tokenizer_file(**changes):
    """Write a tokenizer's file with some entries changed, and read it."""

    def act(here):
        good = json.loads((here / "tokenizer.json").read_text())
        (here / "tokenizer.json").write_text(json.dumps({**good, **changes}))
        return load_tokenizer(here / "tokenizer.json")

    return act


def pairs_file(**changes):
    def act(here):
        good = BPETokenizer.train(some_text(50), 260).to_dict()
        (here / "tokenizer.json").write_text(json.dumps({**good, **changes}))
        return load_tokenizer(here / "tokenizer.json")

    return act


# --- damage to a checkpoint -----------------------------------------------------------------------


def damaged(harm, signed=False):
    """Do harm to the only checkpoint of a run, and load it; `signed`: the manifest agrees."""

    def act(here):
        (step,) = checkpoints(here / "run")
        harm(step)
        if signed:
            sign(step)
        return load_checkpoint(here / "run").build_model()

    return act


def sign(step: Path) -> None:
    """Make the manifest agree with the files as they are now."""
    manifest = json.loads((step / "manifest.json").read_text())
    told = {name: hashlib.sha256((step / name).read_bytes()).hexdigest() for name in manifest}
    (step / "manifest.json").write_text(json.dumps(told))


def cut(name, at):
    def harm(step):
        content = (step / name).read_bytes()
        (step / name).write_bytes(content[: at if at >= 0 else len(content) + at])

    return harm


def flip(name, at=-1):
    return lambda step: damage(step / name, at)


def gone(name):
    return lambda step: (step / name).unlink()


def written(name, content):
    return lambda step: (step / name).write_bytes(content)


def tensors(change):
    """Change the weights as a dictionary."""

    def harm(step):
        found = load_file(step / "model.safetensors")
        change(found)
        save_file(found, step / "model.safetensors")

    return harm


def state(change):
    """Change state.json as a dictionary."""

    def harm(step):
        found = json.loads((step / "state.json").read_text())
        change(found)
        (step / "state.json").write_text(json.dumps(found))

    return harm


def lie(step):
    manifest = json.loads((step / "manifest.json").read_text())
    (step / "manifest.json").write_text(json.dumps(dict.fromkeys(manifest, "0" * 64)))


def pickled(step):
    """A pickle that does something, where the weights should be."""
    content = pickle.dumps(Payload(step.parent.parent / "executed"))
    (step / "model.safetensors").write_bytes(content)


EMBEDDING, NORM = "token_embedding.weight", "final_norm.weight"
DAMAGE = [
    *(
        (f"weights cut after {n} bytes, {how}", cut("model.safetensors", n), signed)
        for n in (0, 7, 8, 100, 1_000, -1)
        for how, signed in (("noticed", False), ("manifest agrees", True))
    ),
    *(
        (f"memory cut after {n} bytes", cut("training.safetensors", n), True)
        for n in (0, 8, 500, -1)
    ),
    *(
        (f"one bit of {name}", flip(name), False)
        for name in ("model.safetensors", "training.safetensors", "state.json", "tokenizer.json")
    ),
    *(
        (f"no {name}", gone(name), False)
        for name in ("model.safetensors", "training.safetensors", "state.json", "tokenizer.json")
    ),
    ("one bit of manifest.json", flip("manifest.json"), False),
    ("header of the weights, manifest agrees", flip("model.safetensors", 9), True),
    ("length of the header, manifest agrees", flip("model.safetensors", 7), True),
    ("manifest lies", lie, False),
    ("manifest not JSON", written("manifest.json", b"{"), False),
    ("manifest a list", written("manifest.json", b"[]"), False),
    ("manifest empty", written("manifest.json", b"{}"), False),
    ("manifest without end", written("manifest.json", b"[" * 100_000), False),
    ("manifest not UTF-8", written("manifest.json", b"\xff\xfe"), False),
    ("state not JSON", written("state.json", b"step 3"), True),
    ("state not UTF-8", written("state.json", b"\xff\xfe{}"), True),
    ("state a list", written("state.json", b"[1]"), True),
    ("state null", written("state.json", b"null"), True),
    ("state empty", written("state.json", b"{}"), True),
    ("state without a model", state(lambda s: s.pop("model")), True),
    ("state with a model of nothing", state(lambda s: s.update(model=None)), True),
    ("state of another field", state(lambda s: s["model"].update(n_embd=8)), True),
    ("state with a bad value", state(lambda s: s["model"].update(d_model="8")), True),
    ("training with a bad value", state(lambda s: s["train"].update(steps=0)), True),
    ("tokenizer not JSON", written("tokenizer.json", b"abc"), True),
    ("tokenizer something else", written("tokenizer.json", b"{}"), True),
    ("weights an empty file", written("model.safetensors", b""), True),
    ("weights a text", written("model.safetensors", some_text().encode()), True),
    ("weights a pickle", pickled, False),
    ("weights a pickle, manifest agrees", pickled, True),
]
WORDS = {
    "state of another field": ["fields of ModelConfig", "n_embd"],
    "state with a bad value": ["d_model must be", "d_model='8'"],
    "training with a bad value": ["steps must be", "steps=0"],
    "tokenizer not JSON": ["tokenizer.json", "not JSON"],
    "tokenizer something else": ["'minigpt tokenizer'"],
}
FITTING = [
    ("another format", state(lambda s: s.update(format=1)), ["checkpoint format 2", "format 1"]),
    (
        "a wrong shape",
        tensors(lambda t: t.update({NORM: torch.ones(9)})),
        [NORM, "shape (8,)", "(9,)"],
    ),
    (
        "a matrix on its side",
        tensors(lambda t: t.update({EMBEDDING: t[EMBEDDING].T.contiguous()})),
        [EMBEDDING],
    ),
    ("a missing tensor", tensors(lambda t: t.pop(NORM)), [NORM, "but got none"]),
    (
        "a surplus tensor",
        tensors(lambda t: t.update(extra=torch.ones(2))),
        ["extra with shape none", "(2,)"],
    ),
    (
        "a head that is tied",
        tensors(lambda t: t.update({"head.weight": t[EMBEDDING].clone()})),
        ["head.weight"],
    ),
    ("another width", state(lambda s: s["model"].update(d_model=16)), ["shape", "(8"]),
    ("another depth", state(lambda s: s["model"].update(n_layers=2)), ["blocks.1"]),
    ("another vocabulary", state(lambda s: s["model"].update(vocab_size=99)), [EMBEDDING, "99"]),
    ("no tensors", lambda step: save_file({}, step / "model.safetensors"), ["but got none"]),
]


# --- the table ------------------------------------------------------------------------------------

TRAIN = ["train", "--preset", "mini", "--data", "text.txt", "--out", "new"]
SAMPLE = ["sample", "--checkpoint", "run", "--max-new-tokens", "2"]
RESUME = ["train", "--out", "run", "--resume"]
PROMPT = torch.tensor([[1, 2, 3]])

ROWS = [
    # The command line: what to do.
    ("no command", [], ARGPARSE, ["required", "COMMAND"]),
    ("unknown command", ["trian"], ARGPARSE, ["invalid choice: 'trian'"]),
    ("unknown flag", [*TRAIN, "--epochs", "3"], ARGPARSE, ["unrecognized", "--epochs"]),
    ("no --out", ["train", "--preset", "mini", "--data", "text.txt"], ARGPARSE, ["--out"]),
    ("no --checkpoint", ["sample"], ARGPARSE, ["--checkpoint"]),
    ("no --data and no --preset", ["train", "--out", "new"], ConfigError, ["but got neither"]),
    ("no --preset", ["train", "--out", "new", "--data", "x"], ConfigError, ["only one of them"]),
    (
        "no --data",
        ["train", "--out", "new", "--preset", "mini"],
        ConfigError,
        ["--data", "only one of them"],
    ),
    ("steps a word", [*TRAIN, "--steps", "many"], ARGPARSE, ["--steps", "'many'"]),
    ("steps none", [*TRAIN, "--steps", "0"], ConfigError, ["steps=0", "Try: steps=1"]),
    ("steps negative", [*TRAIN, "--steps", "-5"], ConfigError, ["steps=-5"]),
    ("batch of nothing", [*TRAIN, "--batch-size", "0"], ConfigError, ["batch_size=0"]),
    ("seed negative", [*TRAIN, "--seed", "-1"], ConfigError, ["seed=-1", "at least 0"]),
    ("seed too large", [*TRAIN, "--seed", str(2**63)], ConfigError, ["below 2**63"]),
    ("threads without end", [*TRAIN, "--threads", str(2**31 - 1)], ConfigError, ["at most 4096"]),
    ("device unknown", [*TRAIN, "--device", "tpu"], ARGPARSE, ["--device", "'tpu'"]),
    ("device not there", [*TRAIN, "--device", "cuda"], TrainError, ["cuda", "Try: auto"]),
    ("precision unknown", [*TRAIN, "--precision", "fp16"], ARGPARSE, ["'fp16'"]),
    ("tokenizer unknown", [*TRAIN, "--tokenizer", "words"], ARGPARSE, ["'words'"]),
    (
        "vocabulary too small",
        [*TRAIN, "--tokenizer", "bpe", "--vocab-size", "99"],
        TokenizerError,
        ["at least 256", "99"],
    ),
    (
        "preset unknown",
        ["train", "--preset", "tinny", "--data", "text.txt", "--out", "new"],
        ConfigError,
        ["'tinny'", "tiny"],
    ),
    ("out holds a run", [*TRAIN[:-1], "run"], CheckpointError, ["holds one already", "--resume"]),
    ("out is a file", [*TRAIN[:-1], "text.txt"], CheckpointError, ["text.txt", "--out"]),
    ("out below a file", [*TRAIN[:-1], "text.txt/x"], CheckpointError, ["text.txt/x"]),
    ("resume nothing", [*RESUME[:2], "new", "--resume"], CheckpointError, ["does not exist"]),
    ("resume with other steps", [*RESUME, "--steps", "9"], ConfigError, ["--steps", "--out"]),
    ("resume with other data", [*RESUME, "--data", "kingdom"], ConfigError, ["--data"]),
    ("resume elsewhere", [*RESUME, "--device", "cuda"], TrainError, ["a device named cuda"]),
    ("bench of no rounds", ["bench", "--rounds", "0"], ConfigError, ["at least 1 round"]),
    # Data.
    ("data missing", ["new.txt"], DataError, ["new.txt", "does not exist"]),
    ("data a directory", ["folder"], DataError, ["the directory folder"]),
    ("data the current directory", ["."], DataError, ["the directory ."]),
    ("data of no name", [*TRAIN[:4], "", *TRAIN[5:]], ConfigError, ["only one of them"]),
    ("data empty", ["empty.txt"], DataError, ["empty.txt, empty"]),
    ("data one character", ["one.txt"], DataError, ["at least 2 characters"]),
    ("data too short for the context", ["short.txt"], DataError, ["13 tokens, but got 8"]),
    ("data in Latin-1", ["latin1.txt"], DataError, ["UTF-8", "byte 5", "iconv"]),
    ("data cut in a character", ["cut.txt"], DataError, ["UTF-8", "byte 27"]),
    ("data of too long a name", ["a" * 300 + ".txt"], DataError, ["readable", "too long"]),
    ("name misspelt", ["kingdm"], DataError, ["'kingdm'", "Try: 'kingdom'"]),
    ("name unknown", ["qqqq"], DataError, ["'qqqq'", "kingdom", "a path"]),
    ("kingdom of words", ["kingdom:many"], DataError, ["'many'", "digits"]),
    ("kingdom of nothing", ["kingdom:"], DataError, ["''", "'kingdom:20000'"]),
    ("kingdom of one", ["kingdom:1"], DataError, ["at least 2 stories", "got 1"]),
    ("kingdom of less", ["kingdom:-5"], DataError, ["'-5'"]),
    ("kingdom without end", ["kingdom:" + "9" * 22], DataError, ["one to nine digits"]),
    ("kingdom in other digits", ["kingdom:٣٠"], DataError, ["'٣٠'"]),
    ("kingdom that does not fit", ["kingdom:30"], DataError, ["12 + 1 tokens", "none of which"]),
    ("vectors for a text", ["glove-50"], DataError, ["'glove-50'", "tinyshakespeare"]),
    (
        "split unknown",
        lambda here: list(open_data("text.txt").chunks("test")),
        DataError,
        ["'test'"],
    ),
    ("batches too long", lambda here: Batches([1] * 9, 2, 9, 0), DataError, ["10 tokens", "got 9"]),
    (
        "evaluate on foreign characters",
        ["evaluate", "--checkpoint", "run", "--data", "odd.txt"],
        TokenizerError,
        ["'Ω' (U+03A9) at index 0"],
    ),
    (
        "evaluate a text's model on stories",
        ["evaluate", "--checkpoint", "run", "--data", "kingdom:20"],
        DataError,
        ["made for stories"],
    ),
    (
        "evaluate on a third split",
        ["evaluate", "--checkpoint", "run", "--data", "text.txt", "--split", "test"],
        ARGPARSE,
        ["'test'"],
    ),
    # The corpus.
    ("stories fewer than none", ["corpus", "--n", "-1"], CorpusError, ["-1", "n=1000"]),
    ("stories of a negative seed", ["corpus", "--seed", "-1"], CorpusError, ["seed"]),
    ("check nothing", ["corpus", "--check", "new.txt"], ConfigError, ["new.txt", "UTF-8"]),
    ("check a directory", ["corpus", "--check", "folder"], ConfigError, ["folder"]),
    ("check Latin-1", ["corpus", "--check", "latin1.txt"], ConfigError, ["latin1.txt"]),
    # Tokenizers.
    ("tokenize with nothing", ["tokenize", "--text", "a"], ConfigError, ["got 0 of them"]),
    (
        "tokenize with two",
        ["tokenize", "--checkpoint", "run", "--train-on", "kingdom:20", "--text", "a"],
        ConfigError,
        ["exactly one", "got 2 of them"],
    ),
    (
        "tokenize nothing",
        ["tokenize", "--tokenizer", "tokenizer.json"],
        ConfigError,
        ["--text, --save", "neither"],
    ),
    (
        "tokenize an unknown character",
        ["tokenize", "--tokenizer", "tokenizer.json", "--text", "abxa"],
        TokenizerError,
        ["'x'", "index 2"],
    ),
    (
        "tokenize half a character",
        ["tokenize", "--train-on", "text.txt", "--vocab-size", "260", "--text", "a\udcc3"],
        TokenizerError,
        ["surrogate"],
    ),
    (
        "learn too few tokens",
        ["tokenize", "--train-on", "text.txt", "--vocab-size", "0", "--save", "t.json"],
        TokenizerError,
        ["at least 256", "0"],
    ),
    (
        "save in no directory",
        ["tokenize", "--train-on", "text.txt", "--vocab-size", "260", "--save", "new/t.json"],
        TokenizerError,
        ["new/t.json"],
    ),
    *(
        (
            f"tokenizer {name}",
            ["tokenize", "--tokenizer", name, "--text", "a"],
            TokenizerError,
            words,
        )
        for name, words in {
            "new.json": ["new.json", "exists"],
            "folder": ["folder", "directory"],
            "empty.txt": ["empty.txt", "not JSON"],
            "latin1.txt": ["latin1.txt", "UTF-8"],
            "deep.json": ["deep.json", "not JSON"],
            "list.json": ["list.json", "something else"],
        }.items()
    ),
    ("tokenizer of version 2", tokenizer_file(version=2), TokenizerError, ["version 1", "got 2"]),
    ("tokenizer of no kind", tokenizer_file(kind="words"), TokenizerError, ["'words'", "'bpe'"]),
    ("tokenizer of no format", tokenizer_file(format="x"), TokenizerError, ["something else"]),
    ("characters missing", tokenizer_file(characters=None), TokenizerError, ["characters"]),
    ("characters twice", tokenizer_file(characters="aba"), TokenizerError, ["'a' again"]),
    ("no characters", tokenizer_file(characters=""), TokenizerError, ["at least one character"]),
    ("specials a number", tokenizer_file(specials=3), TokenizerError, ["specials"]),
    ("merges missing", pairs_file(merges=None), TokenizerError, ["merges"]),
    ("a merge of three", pairs_file(merges=[["a", "b", "c"]]), TokenizerError, ["two tokens"]),
    ("merges of nothing", pairs_file(merges=[]), TokenizerError, ["no merge"]),
    ("ids with gaps", pairs_file(specials={"<|x|>": 999}), TokenizerError, ["999", "each once"]),
    ("no text to learn", lambda here: CharTokenizer.from_text(""), TokenizerError, ["none"]),
    (
        "decode what is no id",
        lambda here: CharTokenizer.from_text("ab").decode([7]),
        TokenizerError,
        ["0 to 2", "7"],
    ),
    # Configurations.
    ("width of text", lambda here: ModelConfig(7, d_model="8"), ConfigError, ["d_model='8'"]),
    ("width True", lambda here: ModelConfig(7, d_model=True), ConfigError, ["d_model=True"]),
    (
        "heads that do not divide",
        lambda here: ModelConfig(7, d_model=100, n_heads=3),
        ConfigError,
        ["d_model=100", "d_model=99"],
    ),
    ("dropout NaN", lambda here: ModelConfig(7, dropout=float("nan")), ConfigError, ["nan"]),
    ("lr infinite", lambda here: TrainConfig(lr=float("inf")), ConfigError, ["lr=inf"]),
    ("field unknown", lambda here: TrainConfig.from_dict({"epochs": 3}), ConfigError, ["epochs"]),
    ("preset None", lambda here: preset(None), ConfigError, ["None", "tiny"]),
    # Checkpoints.
    ("checkpoint missing", ["sample", "--checkpoint", "new"], CheckpointError, ["does not exist"]),
    (
        "checkpoint an empty directory",
        ["sample", "--checkpoint", "folder"],
        CheckpointError,
        ["holds no checkpoint", "--out"],
    ),
    (
        "checkpoint a file",
        ["evaluate", "--checkpoint", "text.txt", "--data", "kingdom:20"],
        CheckpointError,
        ["text.txt", "holds no checkpoint"],
    ),
    *(
        (what, damaged(harm, signed), CheckpointError, ["run/step-00000002", *WORDS.get(what, [])])
        for what, harm, signed in DAMAGE
    ),
    *((what, damaged(harm, True), CheckpointError, words) for what, harm, words in FITTING),
    (
        "no manifest",
        damaged(gone("manifest.json")),
        CheckpointError,
        ["run/step-00000002", "cannot be read"],
    ),
    # Sampling.
    (
        "temperature negative",
        [*SAMPLE, "--temperature", "-1"],
        GenerateError,
        ["temperature", "-1"],
    ),
    ("temperature NaN", [*SAMPLE, "--temperature", "nan"], GenerateError, ["temperature", "nan"]),
    ("temperature near 0", [*SAMPLE, "--temperature", "1e-310"], GenerateError, ["1e-6 or more"]),
    ("sampling seed huge", [*SAMPLE, "--seed", "9" * 20], GenerateError, ["seed", "2**63"]),
    ("sampling seed negative", [*SAMPLE, "--seed", "-1"], GenerateError, ["seed", "-1"]),
    ("temperature infinite", [*SAMPLE, "--temperature", "inf"], GenerateError, ["inf"]),
    ("temperature a word", [*SAMPLE, "--temperature", "hot"], ARGPARSE, ["'hot'"]),
    ("top-k 0", [*SAMPLE, "--top-k", "0"], GenerateError, ["top_k", "at least 1"]),
    ("top-p 0", [*SAMPLE, "--top-p", "0"], GenerateError, ["top_p", "above 0"]),
    ("top-p above 1", [*SAMPLE, "--top-p", "1.5"], GenerateError, ["top_p", "1.5"]),
    ("top-p NaN", [*SAMPLE, "--top-p", "nan"], GenerateError, ["top_p"]),
    ("min-p above 1", [*SAMPLE, "--min-p", "2"], GenerateError, ["min_p"]),
    ("penalty 0", [*SAMPLE, "--repetition-penalty", "0"], GenerateError, ["repetition_penalty"]),
    ("fewer than no tokens", [*SAMPLE, "--max-new-tokens", "-1"], GenerateError, ["-1"]),
    ("no samples", [*SAMPLE, "--n", "0"], ConfigError, ["at least 1 text", "--n 0"]),
    ("fewer than no samples", [*SAMPLE, "--n", "-3"], ConfigError, ["--n -3"]),
    ("prompt unknown", [*SAMPLE, "--prompt", "the Ω"], TokenizerError, ["'Ω'", "index 4"]),
    ("prompt of half a character", [*SAMPLE, "--prompt", "\udcc3"], TokenizerError, ["surrogate"]),
    ("sampler of top_k -1", lambda here: Sampler(top_k=-1), GenerateError, ["top_k"]),
    # Generation.
    (
        "prompt empty",
        lambda here: generate(tiny_model(), PROMPT[:, :0], 3),
        GenerateError,
        ["at least one token"],
    ),
    (
        "prompt without rows",
        lambda here: generate(tiny_model(), PROMPT[0], 3),
        GenerateError,
        ["(B, T)", "(3,)"],
    ),
    (
        "prompt of other ids",
        lambda here: generate(tiny_model(), PROMPT + 50, 3),
        ShapeError,
        ["0 to 18", "51 to 53"],
    ),
    (
        "writing with the future in sight",
        lambda here: generate(tiny_model(causal=False), PROMPT, 3),
        GenerateError,
        ["causal=False"],
    ),
    ("no beams", lambda here: beam_search(tiny_model(), PROMPT, 3, 0), GenerateError, ["beam"]),
]


def whole(row):
    """A row of data is a name or path, which `train` is given."""
    what, doing, error, words = row
    if isinstance(doing, list) and len(doing) == 1 and error is DataError:
        doing = [*TRAIN[:4], *doing, *TRAIN[5:]]
    return pytest.param(doing, error, words, id=what)


TABLE = [whole(row) for row in ROWS]


def plain(message: str) -> bool:
    """A line or two that a reader can do something with, and no traceback."""
    return 1 <= len(message.splitlines()) <= 2 and "Traceback" not in message


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(("doing", "error", "words"), TABLE)
def test_malformed_input_is_named(here, capsys, doing, error, words):
    if isinstance(doing, list):
        before = files(here)
        said = command_line(capsys, doing, error)
        assert files(here) == before  # nothing begun, nothing lost
    else:
        with pytest.raises(error) as caught:
            doing(here)
        said = str(caught.value)
        assert isinstance(caught.value, MiniGPTError) and plain(said)
    assert [word for word in words if word not in said] == [], said
    assert not (here / "executed").exists()


def command_line(capsys, argv, error) -> str:
    """Run it; return what it wrote to stderr, once that is known to be an answer."""
    try:
        status = cli.main(argv)
    except SystemExit as exit:
        assert error is ARGPARSE
        status = exit.code
    out, said = capsys.readouterr()
    assert status == 2 and out == "" and "Traceback" not in said
    if error is not ARGPARSE:
        assert plain(said) and said.startswith(f"minigpt {argv[0]}: ")
        arguments = cli.make_parser().parse_args(argv)
        with pytest.raises(error):
            arguments.run(arguments)
    return said


def test_the_table_is_long_and_its_rows_differ():
    print(f"{len(TABLE)} malformed inputs, each with an error by name")
    assert len(TABLE) >= 70
    assert len({param.id for param in TABLE}) == len(TABLE)


def test_the_payload_is_live_and_no_loader_touches_it(tmp_path, here, capsys):
    """Unpickled it would write a file. As weights of a run nobody unpickles it."""
    pickle.loads(pickle.dumps(Payload(tmp_path / "executed")))
    assert (tmp_path / "executed").read_text() == "executed"
    (step,) = checkpoints(here / "run")
    for name in ("model.safetensors", "training.safetensors", "state.json", "tokenizer.json"):
        good = (step / name).read_bytes()
        (step / name).write_bytes(pickle.dumps(Payload(here / "executed")))
        for agree in (False, True):
            if agree:
                sign(step)
            for argv in (SAMPLE, RESUME, ["tokenize", "--checkpoint", "run", "--text", "a"]):
                assert cli.main(argv) == 2
        (step / name).write_bytes(good)
        sign(step)
    assert not (here / "executed").exists()
    assert plain(capsys.readouterr().err.splitlines()[-1])
    assert cli.main(SAMPLE) == 0


def test_a_model_of_one_line_wants_a_prompt(here, capsys):
    """Without a line's end there is nothing that a text could begin after."""
    assert cli.main([*TRAIN[:4], "oneline.txt", *TRAIN[5:], "--steps", "1"]) == 0
    capsys.readouterr()
    assert cli.main(["sample", "--checkpoint", "new", "--max-new-tokens", "2"]) == 2
    assert "a --prompt to go on from" in capsys.readouterr().err
    assert cli.main(["sample", "--checkpoint", "new", "--prompt", "the"]) == 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read anything")
def test_files_that_may_not_be_read(here, capsys):
    (here / "text.txt").chmod(0)
    assert cli.main(TRAIN) == 2
    assert "permissions" in capsys.readouterr().err
