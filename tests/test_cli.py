import json
import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from run_helpers import MINI, STORIES, damage, rows, text_file, with_preset

from minigpt import cli, corpus
from minigpt.checkpoint import checkpoints, load_checkpoint
from minigpt.cli import main, models
from minigpt.generate import generate
from minigpt.presets import PRESETS
from minigpt.tokenizer import END, load_tokenizer
from minigpt.train import Trainer

FLAGS = {
    "train": "--preset --data --out --steps --batch-size --seed --device --precision --compile "
    "--threads --tokenizer --vocab-size --resume",
    "sample": "--checkpoint --prompt --max-new-tokens --temperature --top-k --top-p --min-p "
    "--repetition-penalty --seed --n --device --no-cache",
    "evaluate": "--checkpoint --data --split --device --json",
    "tokenize": "--text --checkpoint --tokenizer --train-on --vocab-size --save",
    "corpus": "--n --seed --bits --check",
    "bench": "--rounds --data --json",
}


@pytest.fixture(autouse=True)
def presets(monkeypatch):
    with_preset(monkeypatch, "mini", MINI)
    with_preset(monkeypatch, "mini-stories", STORIES)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two finished runs, `stories` and `text`."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        with_preset(patch, "mini", MINI)
        with_preset(patch, "mini-stories", STORIES)
        stories = ["--preset", "mini-stories", "--data", "kingdom:60", "--vocab-size", "400"]
        assert main(["train", *stories, "--out", str(folder / "stories")]) == 0
        text = ["--preset", "mini", "--data", text_file(folder)]
        assert main(["train", *text, "--out", str(folder / "text")]) == 0
    return folder


@pytest.fixture
def run(capsys):
    """Run a command; return its status and what it wrote to stdout and stderr."""

    def run(*argv):
        capsys.readouterr()
        status = main([str(argument) for argument in argv])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def out(run):
    """Run a command that must succeed quietly; return what it wrote to stdout."""

    def out(*argv):
        status, stdout, stderr = run(*argv)
        assert (status, stderr) == (0, "")
        return stdout

    return out


# --- help -----------------------------------------------------------------------------------


def help_of(capsys, *command):
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", FLAGS)
def test_help_names_every_flag_and_gives_an_example_that_parses(capsys, command):
    text = help_of(capsys, command)
    assert set(re.findall(r"^  (--[\w-]+)", text, re.M)) == set(FLAGS[command].split())
    for flag in FLAGS[command].split():
        said = re.search(rf"^  {flag}\b( \S+)?\s+(.*)", text, re.M)[2]
        assert len(said) > 8, f"{flag} is not explained"
    example = re.search(r"^Example: python -m minigpt (.*)", text, re.M)[1]
    assert cli.make_parser().parse_args(shlex.split(example)).command == command


def test_the_front_page_names_every_command_and_how_to_begin(capsys):
    text = help_of(capsys)
    assert all(re.search(rf"^ +{command} +\w", text, re.M) for command in FLAGS)
    begin = re.search(r"Begin with: python -m minigpt (.*)", text)[1]
    parsed = cli.make_parser().parse_args(shlex.split(begin))
    assert (parsed.command, parsed.preset, parsed.data) == ("train", "tiny", "kingdom")
    help_of(capsys, "train")


def test_help_names_presets_with_their_purpose(capsys):
    text = " ".join(help_of(capsys, "train").split())
    assert all(f"{name}: {each.purpose}" in text for name, each in PRESETS.items())


# --- from training to bench -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run", "my run"])
def test_train_says_what_it_does_and_what_to_do_next(tmp_path, out, name):
    where = tmp_path / name
    text = out("train", "--preset", "mini", "--data", text_file(tmp_path), "--out", where)
    model = load_checkpoint(where).build_model()
    first, second, *measured, last = text.splitlines()
    assert first.startswith(f"{model.n_parameters():,} parameters (1 layers, 2 heads, width 8), ")
    assert second == "6 steps of 4 x 12 tokens on cpu in float32"
    assert [line.split(":")[0] for line in measured] == ["step 3", "step 6"]
    assert re.match(r"Saved in .*\. Try: python -m minigpt ", last)
    assert main(shlex.split(last.split("python -m minigpt ")[1])) == 0


def test_every_flag_of_train_arrives(tmp_path, out):
    flags = "--steps 2 --batch-size 5 --seed 7 --device cpu --precision bf16 --tokenizer bpe"
    data = ["--data", text_file(tmp_path), "--vocab-size", 265, "--out", tmp_path / "run"]
    out("train", "--preset", "mini", *flags.split(), *data)
    saved = load_checkpoint(tmp_path / "run")
    train = saved.train_config
    assert (train.steps, train.batch_size, train.seed) == (2, 5, 7)
    assert (train.device, train.precision, train.compile) == ("cpu", "bf16", False)
    assert saved.tokenizer.kind == "bpe" and saved.tokenizer.vocab_size == 265


def test_threads_arrive(tmp_path, out, monkeypatch):
    set_to = []
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    text = text_file(tmp_path)
    out("train", "--preset", "mini", "--data", text, "--out", tmp_path / "r", "--threads", 3)
    assert set_to == [3]
    assert load_checkpoint(tmp_path / "r").train_config.threads == 3


def test_compile_arrives(tmp_path, out, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda f: compiled.append(f) or f)
    text = text_file(tmp_path)
    out("train", "--preset", "mini", "--data", text, "--out", tmp_path / "r", "--compile")
    assert len(compiled) == 1
    assert load_checkpoint(tmp_path / "r").train_config.compile


@pytest.mark.parametrize(("name", "data"), [("stories", "kingdom:60"), ("text", None)])
def test_evaluate_agrees_with_the_end_of_training(trained, out, name, data):
    data = data or trained / "text.txt"
    measured = [row["val_loss"] for row in rows(trained / name) if "val_loss" in row]
    found = json.loads(out("evaluate", "--checkpoint", trained / name, "--data", data, "--json"))
    assert found["loss"] == measured[-1]
    plain = out("evaluate", "--checkpoint", trained / name, "--data", data)
    assert f"loss {found['loss']:.4f} nats/token" in plain
    assert (f"floor {found['floor']:.2f}" in plain) if name == "stories" else "floor" not in plain
    whole = json.loads(
        out("evaluate", "--checkpoint", trained / name, "--data", data, "--split", "all", "--json")
    )
    assert whole["tokens"] > 8 * found["tokens"]


def test_evaluate_on_another_text(trained, out, tmp_path):
    other = text_file(tmp_path, n_words=90, seed=5)
    step = checkpoints(trained / "text")[-1]  # any checkpoint can be named
    found = json.loads(out("evaluate", "--checkpoint", step, "--data", other, "--json"))
    assert found["tokens"] == -(-len(Path(other).read_text()) // 10) - 1


def sample(out, checkpoint, *flags):
    return out("sample", "--checkpoint", checkpoint, "--max-new-tokens", 30, *flags)


def test_sample_repeats_with_a_seed_and_varies_without(trained, out):
    run = trained / "stories"
    one = sample(out, run, "--seed", 3)
    assert sample(out, run, "--seed", 3) == one
    assert sample(out, run, "--seed", 4) != one
    assert len({sample(out, run) for _ in range(3)}) > 1


@pytest.mark.parametrize("name", ["stories", "text"])
def test_sample_is_the_same_without_the_cache(trained, out, name):
    flags = ["--temperature", 0, "--prompt", "The queen" if name == "stories" else "the queen"]
    cached = sample(out, trained / name, *flags)
    assert sample(out, trained / name, *flags, "--no-cache") == cached
    # And it is what the library writes.
    saved = load_checkpoint(trained / name)
    ends = [saved.tokenizer.specials[END]] if END in saved.tokenizer.specials else []
    prompt = torch.tensor([ends + saved.tokenizer.encode(str(flags[-1]))])
    tokens = generate(saved.build_model().eval(), prompt, 30, stop=tuple(ends))[0].tolist()
    assert cached == saved.tokenizer.decode([i for i in tokens if i not in ends]) + "\n"


def test_no_cache_is_passed_on(trained, out, monkeypatch):
    seen = []
    stream = models.stream
    monkeypatch.setattr(
        models, "stream", lambda *a, **k: seen.append(k["use_cache"]) or stream(*a, **k)
    )
    sample(out, trained / "text", "--no-cache")
    sample(out, trained / "text")
    assert seen == [False, True]


def test_several_samples_differ_and_stand_apart(trained, out):
    prompt = "the river"
    text = sample(out, trained / "text", "--n", 3, "--seed", 1, "--prompt", prompt)
    # The text model's own newlines aside, each sample begins with the prompt.
    assert text.count(prompt) >= 3 and text.startswith(prompt) and f"\n\n{prompt}" in text
    first = sample(out, trained / "text", "--n", 1, "--seed", 1, "--prompt", prompt)
    assert text.startswith(first)


def test_a_story_stops_at_its_end_which_is_not_printed(trained, out, monkeypatch):
    saved = load_checkpoint(trained / "stories")
    end = saved.tokenizer.special_id(END)
    ids = [*saved.tokenizer.encode(" king"), end, *saved.tokenizer.encode(" never")]
    monkeypatch.setattr(
        models, "Sampler", lambda **_: lambda _logits, _tokens: torch.tensor([ids.pop(0)])
    )
    assert sample(out, trained / "stories", "--prompt", "The") == "The king\n"


def test_every_flag_of_sample_arrives(trained, out, monkeypatch):
    seen, sampler = [], models.Sampler
    monkeypatch.setattr(models, "Sampler", lambda **given: seen.append(given) or sampler(**given))
    flags = "--temperature 0.5 --top-k 4 --top-p 0.9 --min-p 0.01 --repetition-penalty 1.5 --seed 2"
    sample(out, trained / "text", *flags.split())
    sample(out, trained / "text")
    assert seen[0] == {
        "temperature": 0.5,
        "top_k": 4,
        "top_p": 0.9,
        "min_p": 0.01,
        "repetition_penalty": 1.5,
        "seed": 2,
    }
    assert seen[1] == {
        "temperature": 1.0,
        "top_k": None,
        "top_p": None,
        "min_p": None,
        "repetition_penalty": 1.0,
        "seed": None,
    }


def test_how_many_tokens(trained, out):
    written = out("sample", "--checkpoint", trained / "text", "--max-new-tokens", 7)
    assert len(written) == 7 + 1  # characters, and the end of the line
    none = out("sample", "--checkpoint", trained / "text", "--max-new-tokens", 0, "--prompt", "a")
    assert none == "a\n"


def test_without_a_prompt_a_text_begins_on_a_new_line(trained, out, monkeypatch):
    seen, stream = [], models.stream
    monkeypatch.setattr(
        models, "stream", lambda m, row, *a, **k: seen.append(row) or stream(m, row, *a, **k)
    )
    sample(out, trained / "text")
    sample(out, trained / "stories")
    text, stories = (load_checkpoint(trained / name).tokenizer for name in ("text", "stories"))
    assert [row.tolist() for row in seen] == [
        [text.encode("\n")],
        [[stories.special_id(END)]],
    ]


def test_tokenize_with_a_checkpoint_a_file_and_a_text(trained, out, tmp_path):
    shown = out("tokenize", "--checkpoint", trained / "text", "--text", "the king")
    ids = load_checkpoint(trained / "text").tokenizer.encode("the king")
    assert shown == "".join(
        f"{i:6d}  {letter!r}\n" for i, letter in zip(ids, "the king", strict=True)
    )
    path = tmp_path / "pairs.json"
    learned = out(
        "tokenize", "--train-on", "kingdom:40", "--vocab-size", 300, "--save", path, "--text", "The"
    )
    assert learned.splitlines()[0] == f"300 tokens saved in {path}"
    assert load_tokenizer(path).vocab_size == 300
    again = out("tokenize", "--tokenizer", path, "--text", "The")
    assert again.splitlines() == learned.splitlines()[1:] and again


def test_tokenize_by_default_learns_a_thousand_tokens(out, tmp_path):
    path = tmp_path / "t.json"
    assert out("tokenize", "--train-on", "kingdom:200", "--save", path).startswith("1,024 tokens")


def test_corpus_tells_stories_and_their_bits(out):
    assert out("corpus", "--n", 3, "--seed", 7).splitlines() == corpus.stories(3, seed=7)
    *told, last = out("corpus", "--n", 2, "--bits").splitlines()
    for line, story in zip(told, corpus.stories(2), strict=True):
        assert line == f"{corpus.story_bits(story):6.2f} bits  {story}"
    assert last.split(" bits ")[0].strip() == f"{corpus.entropy():.2f}"
    assert len(out("corpus").splitlines()) == 5


def test_corpus_checks_a_file_line_by_line(out, tmp_path):
    good, other = corpus.stories(2, seed=1)
    broken = other.rsplit(" ", 1)[0] + " nonsense."
    (tmp_path / "told.txt").write_text(f"{good}\n\n{broken}\n{other}\n", encoding="utf-8")
    first, last = out("corpus", "--check", tmp_path / "told.txt").splitlines()
    at = corpus.parse(broken).stopped_at
    assert first == f"not a story from character {at}: {broken[:at]}>>>{broken[at:]}"
    assert last == "2 of 3 lines are stories"


def test_what_the_corpus_tells_it_checks(out, tmp_path):
    (tmp_path / "told.txt").write_text(out("corpus", "--n", 20), encoding="utf-8")
    assert out("corpus", "--check", tmp_path / "told.txt") == "20 of 20 lines are stories\n"


def test_bench_as_json_and_as_a_table(run, monkeypatch):
    asked = []
    part = {
        "timings": [{"what": "a step", "median_ms": 12.345, "spread_ms": 0.5}],
        "rows": [{"axis": "width", "ms": 1.23456789}],
        "targets": [
            {"what": "a / b", "measured": 0.51, "at_most": 0.5, "holds": False},
            {"what": "c", "measured": 7.0, "at_least": 3.0, "at_most": 8.0, "holds": True},
            {"what": "d", "measured": 1.0, "holds": True},
        ],
        "notes": ["no peer"],
    }
    found = {"parts": {"steps": part}}
    monkeypatch.setattr(models, "bench", lambda *a, say: asked.append(a) or say("steps") or found)
    flags = ("--json", "--rounds", 3, "--data", "x.txt")
    status, said, told = run("bench", "steps", *flags)
    assert (status, json.loads(said), told) == (0, found, "steps\n")
    _, table, _ = run("bench")
    assert asked == [(["steps"], 3, "x.txt"), ([], 5, None)]
    assert [re.sub(" +", " ", line).strip() for line in table.splitlines()] == [
        "steps",
        "a step 12.35 ms (+- 0.50)",
        "axis width ms 1.2346",
        "a / b 0.510 (at most 0.5: MISSED)",
        "c 7.000 (at most 8, at least 3: holds)",
        "d 1.000",
        "no peer",
    ]


# --- going on -----------------------------------------------------------------------------------


def test_interrupted_and_resumed(tmp_path, run, monkeypatch):
    data = ["--preset", "mini", "--data", text_file(tmp_path), "--out", tmp_path / "run"]
    take = Trainer.train_step

    def interrupted(self):
        if self.step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return take(self)

    monkeypatch.setattr(Trainer, "train_step", interrupted)
    status, said, _ = run("train", *data)
    assert status == 130
    assert "Interrupted: saved step 4 in" in said.splitlines()[-1] and "--resume" in said
    monkeypatch.setattr(Trainer, "train_step", take)
    status, said, problems = run("train", "--out", tmp_path / "run", "--resume", "--device", "cpu")
    assert (status, problems) == (0, "") and "Saved in" in said
    steps = [row["step"] for row in rows(tmp_path / "run") if "loss" in row]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_a_damaged_checkpoint_is_mentioned_and_the_one_before_taken(trained, run, tmp_path):
    shutil.copytree(trained / "text", tmp_path / "run")
    newest = checkpoints(tmp_path / "run")[0]
    damage(newest / "model.safetensors")
    for command in (
        ["sample", "--checkpoint", tmp_path / "run", "--max-new-tokens", 1],
        ["evaluate", "--checkpoint", tmp_path / "run", "--data", trained / "text.txt"],
        ["tokenize", "--checkpoint", tmp_path / "run", "--text", "the"],
        ["train", "--out", tmp_path / "run", "--resume"],
    ):
        status, _, said = run(*command)
        assert status == 0
        assert str(newest) in said and said.endswith("Falling back to the checkpoint before it.\n")


CHANGED = {
    "preset": ["--preset", "mini"],
    "data": ["--data", "kingdom"],
    "steps": ["--steps", "9"],
    "batch-size": ["--batch-size", "2"],
    "seed": ["--seed", "0"],
    "precision": ["--precision", "bf16"],
    "compile": ["--compile"],
    "threads": ["--threads", "1"],
    "tokenizer": ["--tokenizer", "char"],
    "vocab-size": ["--vocab-size", "0"],
}


@pytest.mark.parametrize("flag", CHANGED)
def test_a_run_that_is_resumed_keeps_its_settings(trained, run, flag):
    status, said, problems = run("train", "--out", trained / "text", "--resume", *CHANGED[flag])
    assert (status, said) == (2, "")
    assert f"but got --{flag}. Try: leaving them out, or a new --out." in problems


def test_all_changes_are_named_at_once(trained, run):
    flags = [part for flag in CHANGED.values() for part in flag]
    _, _, problems = run("train", "--out", trained / "text", "--resume", *flags)
    assert all(f"--{flag}" in problems for flag in CHANGED)


# --- ends that are no errors ----------------------------------------------------------------------


def test_an_interrupt_is_said_in_a_word(run, monkeypatch):
    def interrupt(*_asked, **_say):
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "bench", interrupt)
    assert run("bench") == (130, "", "Interrupted.\n")


def test_a_reader_that_has_seen_enough(monkeypatch, capsys):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["corpus", "--n", "3"]) == 0
        print("and what comes later goes nowhere")
        stdout.flush()
    monkeypatch.undo()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("argv", "status"), [(["corpus", "--n", "1"], 0), (["bench", "--rounds=0"], 2)]
)
def test_python_m_minigpt_exits_with_the_commands_status(monkeypatch, capsys, argv, status):
    monkeypatch.setattr(sys, "argv", ["minigpt", *argv])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("minigpt", run_name="__main__")
    assert caught.value.code == status
    out, err = capsys.readouterr()
    assert (out == "") == (status == 2) and (err == "") == (status == 0)


@pytest.mark.parametrize("ignored", [False, True])
def test_ctrl_c_ends_an_import_unless_it_is_ignored(ignored):
    """A shell tells what it starts in the background to ignore Ctrl-C."""
    handler = signal.SIG_IGN if ignored else signal.default_int_handler
    code = (
        f"import os, signal, sys\nsignal.signal(signal.SIGINT, {int(handler is signal.SIG_IGN)} or "
        "signal.default_int_handler)\n"
        "class Importing:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'torch': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Importing())\n"
        "from minigpt.__main__ import main\n"
        "sys.argv = ['minigpt', 'corpus', '--n', '1']\n"
        "sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    ended = (done.returncode, done.stdout == "", done.stderr)
    assert ended == ((0, False, "") if ignored else (130, True, "Interrupted.\n"))


@pytest.mark.parametrize("name", ["OutOfMemoryError", "allocator", "MemoryError"])
def test_when_memory_ends_it_says_so_in_a_line(trained, run, monkeypatch, name):
    errors = {
        "OutOfMemoryError": torch.OutOfMemoryError("CUDA out of memory.\nTried to"),
        "allocator": RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
        "MemoryError": MemoryError("Unable to allocate 7 PiB"),
    }

    def full(*_, **__):
        raise errors[name]

    monkeypatch.setattr(models, "report", full)
    argv = ("evaluate", "--checkpoint", trained / "text", "--data", trained / "text.txt")
    status, out, err = run(*argv)
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert err.startswith("minigpt evaluate: memory for a model and its batch, but got ")


def test_another_error_keeps_its_traceback(trained, run, monkeypatch):
    def wrong(*_, **__):
        raise RuntimeError("an illegal memory access")

    monkeypatch.setattr(models, "report", wrong)
    with pytest.raises(RuntimeError, match="illegal"):
        run("evaluate", "--checkpoint", trained / "text", "--data", trained / "text.txt")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_is_full_under_stdout():
    with open("/dev/full", "w") as full:
        argv = [sys.executable, "-m", "minigpt", "corpus", "--n", "1"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("minigpt corpus: room to print, but got [Errno 28] No space")
    assert done.stderr.count("\n") == 1


def test_as_a_program():
    """The same in a process of its own: status, stdout, and a pipe that nobody reads."""
    python = [sys.executable, "-m", "minigpt", "corpus", "--seed", "2"]
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONUNBUFFERED"}
    program = subprocess.Popen(
        [*python, "--n", "3"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    program.stdout.close()
    assert (program.wait(), program.stderr.read()) == (0, b"")
    program.stderr.close()
    fine = subprocess.run([*python, "--n", "1"], capture_output=True, text=True)
    assert (fine.returncode, fine.stderr) == (0, "")
    assert fine.stdout.splitlines() == corpus.stories(1, seed=2)
    bad = subprocess.run([*python, "--n", "-1"], capture_output=True, text=True)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("minigpt corpus: ") and len(bad.stderr.splitlines()) == 1
