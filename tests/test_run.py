import hashlib
import json
import math
import os
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from run_helpers import STORIES, begin, damage, mini, rows, same, silent, text_file, weights

import minigpt.checkpoint
import minigpt.run
from minigpt.checkpoint import checkpoints, load_checkpoint
from minigpt.data import open_data
from minigpt.errors import CheckpointError, ConfigError, DataError, TokenizerError, TrainError
from minigpt.interrupts import interrupted
from minigpt.report import report
from minigpt.run import Run, make_tokenizer
from minigpt.tokenizer import END
from minigpt.train import Trainer

LONG = {"steps": 12, "save_every": 5, "eval_every": 4}


class Killed(Exception):
    """As if the process had been killed: nothing is saved."""


def at_step(monkeypatch, step, what):
    """Call `what` in the middle of a step."""
    take = Trainer.train_step

    def train_step(self):
        if self.step == step - 1:
            what()
        return take(self)

    monkeypatch.setattr(Trainer, "train_step", train_step)


def kill():
    raise Killed


def files(run: Path) -> dict[str, bytes]:
    """All that a run leaves but the picture, in which Matplotlib's names are new every time."""
    found = (path for path in run.rglob("*") if path.is_file() and path.suffix != ".svg")
    return {str(path.relative_to(run)): path.read_bytes() for path in found}


def straight(folder, **train):
    run = begin(folder, **LONG, **train)
    run.train(silent)
    return files(run.out)


# --- a run from beginning to end --------------------------------------------------------------


def test_a_run_leaves_checkpoints_metrics_and_a_picture(tmp_path):
    run, said = begin(tmp_path, **LONG), []
    last = run.train(said.append)
    assert sorted(path.name for path in run.out.iterdir()) == [
        "loss.svg",
        "metrics.jsonl",
        "step-00000010",
        "step-00000012",
    ]
    found = rows(run.out)
    assert [row["step"] for row in found if "loss" in row] == [*range(1, 13)]
    assert [row["step"] for row in found if "val_loss" in row] == [4, 8, 12]
    assert all(row["gradient_norm"] > 0 for row in found if "loss" in row)
    assert [line.split(":")[0] for line in said] == ["step 4", "step 8", "step 12"]
    assert found[-1]["val_loss"] == last.loss and f"{last.loss:.4f}" in said[-1]
    saved = load_checkpoint(run.out)
    assert report(saved.build_model(), saved.tokenizer, open_data(run.data)) == last


def test_the_measurement_covers_the_whole_validation_part(tmp_path):
    run = begin(tmp_path)
    held_back = len("".join(run.source.chunks("val")))
    assert run.train(silent).tokens == held_back - 1
    assert held_back == run.source.n_characters - run.source.n_characters * 9 // 10


def test_training_learns(tmp_path):
    run = begin(tmp_path, steps=60, lr=0.03, eval_every=60, save_every=60)
    losses = [row["loss"] for row in rows_of(run) if "loss" in row]
    assert losses[0] == pytest.approx(math.log(run.tokenizer.vocab_size), rel=0.05)
    assert sum(losses[-10:]) / 10 < losses[0] - 0.5


def rows_of(run):
    run.train(silent)
    return rows(run.out)


def test_stories_are_drawn_with_their_floor_a_text_without(tmp_path):
    told = Run.begin(tmp_path / "told", "kingdom:60", STORIES, "bpe", 400)
    last = told.train(silent)
    val = [row for row in rows(told.out) if "val_loss" in row]
    # In nats a token: the floor in bits a story is to it as bits a story are to the loss.
    nats = last.floor * math.log(2) * last.stories / last.tokens
    assert [row["floor"] for row in val] == pytest.approx([nats, nats])
    assert "floor: the corpus" in (told.out / "loss.svg").read_text(encoding="utf-8")
    text = begin(tmp_path)
    text.train(silent)
    assert all(row["floor"] is None for row in rows(text.out) if "val_loss" in row)
    assert "floor" not in (text.out / "loss.svg").read_text(encoding="utf-8")


def test_rows_of_stories_begin_where_a_story_does_and_hold_what_it_says(tmp_path):
    run = Run.begin(tmp_path / "run", "kingdom:60", STORIES, "char")
    end = run.tokenizer.special_id(END)
    told = END.join(["", *run.source.stories("train"), ""])
    tokens, targets = run.trainer.batches.next()
    assert tokens.shape == targets.shape == (4, 96) and (tokens[:, 0] == end).all()
    assert torch.equal(tokens[:, 1:], targets[:, :-1])
    assert all(run.tokenizer.decode(row.tolist()) in told for row in targets)


def test_the_same_seed_makes_the_same_run_and_another_another(tmp_path):
    runs = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        torch.manual_seed(hash(name) % 1000)  # what came before must not matter
        run = begin(tmp_path / name, seed=seed)
        run.train(silent)
        runs.append((weights(run.trainer.model), rows(run.out)))
    assert same(runs[0][0], runs[1][0]) and runs[0][1] == runs[1][1]
    assert runs[0][1] != runs[2][1]


def test_a_text_of_several_blocks_with_wide_characters(tmp_path):
    text = "Ångström öre ß — 日本語 🂡\n" * 50_000  # 1.1 million characters, 1.9 MB
    (tmp_path / "large.txt").write_text(text, encoding="utf-8")
    model = replace(mini(steps=2, eval_every=2), model=mini().model | {"context_length": 96})
    run = Run.begin(tmp_path / "run", str(tmp_path / "large.txt"), model)
    assert set(run.tokenizer.characters) == set(text)
    result = run.train(silent)
    assert result.tokens == len(text) - len(text) * 9 // 10 - 1


# --- beginning --------------------------------------------------------------------------------


def test_a_directory_that_holds_a_run_is_not_begun_again(tmp_path):
    run = begin(tmp_path, steps=2)
    run.train(silent)
    before = files(run.out)
    with pytest.raises(CheckpointError, match=r"which holds one already\. Try: --resume"):
        begin(tmp_path, steps=2)
    assert files(run.out) == before


def test_the_metrics_of_a_run_that_never_saved_do_not_mix_with_the_next(tmp_path, monkeypatch):
    run = begin(tmp_path)
    at_step(monkeypatch, 2, kill)
    with pytest.raises(Killed):
        run.train(silent)
    monkeypatch.undo()
    assert len(rows(run.out)) == 1
    again = begin(tmp_path)
    assert rows(again.out) == []
    again.train(silent)
    assert [row["step"] for row in rows(again.out) if "loss" in row] == [1, 2, 3, 4, 5, 6]


BAD_BEGINNINGS = {
    "setting": ({"steps": 0}, {}, ConfigError, "steps must be"),
    "field": ({"n_steps": 1}, {}, ConfigError, "n_steps"),
    "tokenizer": ({}, {"tokenizer": "words"}, ConfigError, "a tokenizer of char, bpe"),
    "vocabulary": ({}, {"tokenizer": "bpe", "vocab_size": 0}, TokenizerError, "at least 256"),
    "data": ({}, {"data": "nowhere.txt"}, DataError, "does not exist"),
    "stories": ({}, {"data": "kingdom:50"}, DataError, "none of which does"),
    "device": ({"device": "cuda"}, {}, TrainError, "a device named cuda"),
}


@pytest.mark.parametrize("what", BAD_BEGINNINGS)
def test_what_cannot_work_is_named_before_anything_is_written(tmp_path, monkeypatch, what):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    train, arguments, error, words = BAD_BEGINNINGS[what]
    given = {"data": text_file(tmp_path), **arguments}
    with pytest.raises(error, match=words):
        Run.begin(tmp_path / "run", preset=mini(), **given, **train)
    assert not (tmp_path / "run").exists()


def test_a_text_whose_validation_part_is_one_token_is_named_at_once(tmp_path):
    (tmp_path / "short.txt").write_text("ab." * 6 + "ab")  # and "ab" becomes one token
    small = replace(mini(), model=mini().model | {"context_length": 4})
    with pytest.raises(DataError, match="at least context_length"):
        Run.begin(tmp_path / "run", str(tmp_path / "short.txt"), small, "bpe", 257)
    assert not (tmp_path / "run").exists()


def test_an_out_that_cannot_be_a_directory(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(CheckpointError, match="room and permission to write in"):
        begin(tmp_path)
    assert (tmp_path / "run").read_text() == "mine"


# --- resuming, bit for bit ----------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "killed_at"), [("adamw", 9), ("muon", 9), ("muon", 6)])
def test_killed_and_resumed_is_as_never_killed(tmp_path, monkeypatch, kind, killed_at):
    expected = straight(tmp_path, optimizer=kind)
    shutil.rmtree(tmp_path / "run")
    run = begin(tmp_path, **LONG, optimizer=kind)
    assert run.trainer.model.config.dropout > 0
    at_step(monkeypatch, killed_at, kill)
    with pytest.raises(Killed):
        run.train(silent)
    monkeypatch.undo()
    del run
    torch.manual_seed(999)
    torch.rand(7)
    said = []
    run = Run.resume(tmp_path / "run", said.append)
    assert run.trainer.step == 5 and said == []
    run.train(silent)
    # Every loss and gradient norm, all weights, the optimisers' memory: every byte.
    found = files(run.out)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []


def test_resumed_twice_and_from_an_older_checkpoint(tmp_path, monkeypatch):
    expected = straight(tmp_path)
    run = tmp_path / "run"
    damage(run / "step-00000012" / "training.safetensors")
    said = []
    resumed = Run.resume(run, said.append)
    assert resumed.trainer.step == 10
    assert len(said) == 1 and "step-00000012" in said[0] and "Falling back" in said[0]
    at_step(monkeypatch, 11, kill)
    with pytest.raises(Killed):
        resumed.train(silent)
    monkeypatch.undo()
    Run.resume(run, silent).train(silent)
    assert files(run) == expected


def test_metrics_of_steps_that_come_again_are_dropped(tmp_path):
    expected = straight(tmp_path)
    run = tmp_path / "run"
    shutil.rmtree(run / "step-00000012")
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"step": 12, "lo')  # killed while it wrote
    resumed = Run.resume(run, silent)
    assert [row["step"] for row in rows(run)][-2:] == [9, 10]
    resumed.train(silent)
    assert (run / "metrics.jsonl").read_bytes() == expected["metrics.jsonl"]


def test_a_line_cut_short_where_nothing_else_is_dropped(tmp_path):
    run = begin(tmp_path, steps=6)
    run.train(silent)
    whole = run.metrics.read_bytes()
    run.metrics.write_bytes(whole + b'{"step": 6')
    Run.resume(run.out, silent)
    assert run.metrics.read_bytes() == whole


def test_a_finished_run_resumed_measures_once_more_and_changes_nothing(tmp_path):
    run = begin(tmp_path)
    last, before = run.train(silent), files(run.out)
    assert Run.resume(run.out, silent).train(silent) == last
    assert files(run.out) == before


def test_metrics_may_be_missing(tmp_path):
    run = begin(tmp_path)
    last = run.train(silent)
    run.metrics.unlink()
    assert Run.resume(run.out, silent).train(silent) == last
    assert rows(run.out) == []


@pytest.mark.parametrize("line", ["no json\n", "[1]\n", '{"loss": 1.0}\n', '{"step": "2"}\n', "\n"])
def test_damaged_metrics_are_named(tmp_path, line):
    run = begin(tmp_path)
    run.train(silent)
    text = run.metrics.read_text()
    run.metrics.write_text(text + line)
    with pytest.raises(CheckpointError, match=r"one JSON object a line .* moving that file away"):
        Run.resume(run.out, silent)
    assert run.metrics.read_text() == text + line


CHANGES = {
    "longer": lambda text: text + " more",
    "one letter": lambda text: text.replace("king", "kong", 1),
    "the validation part": lambda text: text[:-3] + "tha",
    "a new character": lambda text: "Z" + text[1:],
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_text_is_noticed(tmp_path, change):
    run = begin(tmp_path)
    run.train(silent)
    path, before = Path(run.data), files(run.out)
    path.write_text(CHANGES[change](path.read_text()))
    with pytest.raises(DataError, match=r"text\.txt as it was when the run began"):
        Run.resume(run.out, silent)
    path.unlink()
    with pytest.raises(DataError, match="does not exist"):
        Run.resume(run.out, silent)
    assert files(run.out) == before


def test_another_device_may_go_on(tmp_path, monkeypatch):
    begin(tmp_path, steps=4, device="auto").train(silent)
    resumed = Run.resume(tmp_path / "run", silent, device="cpu")
    assert resumed.trainer.config.device == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainError, match="a device named cuda"):
        Run.resume(tmp_path / "run", silent, device="cuda")


def test_the_tokenizer_travels_with_the_checkpoint(tmp_path):
    run = begin(tmp_path)
    run.train(silent)
    Path(run.data).unlink()
    moved = tmp_path / "elsewhere"
    shutil.copytree(checkpoints(run.out)[0], moved)
    assert load_checkpoint(moved).tokenizer.to_dict() == run.tokenizer.to_dict()


# --- signals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_says_so_and_the_run_goes_on_from_there(tmp_path, monkeypatch, number):
    expected = straight(tmp_path)
    shutil.rmtree(tmp_path / "run")
    run, said = begin(tmp_path, **LONG), []
    before = signal.getsignal(number)
    at_step(monkeypatch, 7, lambda: os.kill(os.getpid(), number))
    assert run.train(said.append) is None
    monkeypatch.undo()
    assert signal.getsignal(number) == before
    path = tmp_path / "run" / "step-00000007"
    assert said[-1] == f"Interrupted: saved step 7 in {path}; go on with --resume."
    assert [p.name for p in checkpoints(run.out)] == ["step-00000007", "step-00000005"]
    assert not (run.out / "loss.svg").exists()
    Run.resume(run.out, silent).train(silent)
    found = files(run.out)
    assert found["metrics.jsonl"] == expected["metrics.jsonl"]
    last = "step-00000012/model.safetensors"
    assert found[last] == expected[last]


WRONG_STATES = {
    "no sampler": (lambda state: state.pop("sampler"), "sampler"),
    "a sampler of nothing": (lambda state: state.update(sampler=None), "sampler"),
    "another seed": (lambda state: state["sampler"].update(seed=5), "sampler"),
    "another place": (lambda state: state["sampler"].update(step=5), "sampler"),
    "a place between two": (lambda state: state["sampler"].update(step=6.0), "sampler"),
    "another context": (lambda state: state["sampler"].update(context_length=13), "sampler"),
    "a step in words": (lambda state: state.update(step="6"), "step"),
    "a step after the last": (lambda state: state.update(step=7), "step"),
    "a step before the first": (lambda state: state.update(step=-1), "step"),
    "data of no name": (lambda state: state.update(data=["kingdom"]), "data"),
    "no hash": (lambda state: state.update(data_crc32=None), "data_crc32"),
}


@pytest.mark.parametrize("what", WRONG_STATES)
def test_a_state_that_no_run_has_written_is_named(tmp_path, what):
    run = begin(tmp_path)
    run.train(silent)
    change, name = WRONG_STATES[what]
    newest = checkpoints(run.out)[0]
    saved = json.loads((newest / "state.json").read_text())
    change(saved["state"])
    (newest / "state.json").write_text(json.dumps(saved))
    manifest = json.loads((newest / "manifest.json").read_text())
    manifest["state.json"] = hashlib.sha256((newest / "state.json").read_bytes()).hexdigest()
    (newest / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match=rf"{name} in state\.json, but got none that fits"):
        Run.resume(run.out, silent)


def test_what_a_killed_save_left_is_gone_when_the_run_goes_on(tmp_path):
    run = begin(tmp_path)
    run.train(silent)
    before = files(run.out)
    (run.out / ".step-00000005.part").mkdir()
    (run.out / ".step-00000005.part" / "model.safetensors").write_bytes(b"half")
    Run.resume(run.out, silent)
    assert files(run.out) == before


def test_a_signal_at_a_step_that_is_saved_anyway(tmp_path, monkeypatch):
    run = begin(tmp_path, **LONG)
    at_step(monkeypatch, 5, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert run.train(silent) is None
    assert [p.name for p in checkpoints(run.out)] == ["step-00000005"]
    assert Run.resume(run.out, silent).trainer.step == 5


@pytest.fixture
def default_signals():
    """A process in the background may have been told to ignore Ctrl-C; here it is not."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, signal.SIG_DFL),
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("default_signals")
def test_the_second_signal_kills_as_ever(tmp_path, monkeypatch):
    run = begin(tmp_path)

    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    at_step(monkeypatch, 2, twice)
    with pytest.raises(KeyboardInterrupt):
        run.train(silent)
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


def test_outside_the_main_thread_it_trains_all_the_same(tmp_path):
    run, results = begin(tmp_path), []
    thread = threading.Thread(target=lambda: results.append(run.train(silent)))
    thread.start()
    thread.join()
    assert results[0].loss > 0 and len(checkpoints(run.out)) == 2


@pytest.mark.usefixtures("default_signals")
def test_signals_are_collected_and_then_handled_as_before():
    with interrupted() as seen:
        os.kill(os.getpid(), signal.SIGTERM)
        assert seen == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL  # the next one kills
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


# --- failing ------------------------------------------------------------------------------------


def test_when_saving_fails_the_checkpoints_before_are_intact(tmp_path, monkeypatch):
    run = begin(tmp_path, **LONG)
    save = minigpt.checkpoint.save_file

    def full(tensors, path):
        if "step-00000010" in str(path):
            raise OSError(28, "No space left on device")
        save(tensors, path)

    monkeypatch.setattr(minigpt.checkpoint, "save_file", full)
    with pytest.raises(CheckpointError, match="No space left"):
        run.train(silent)
    monkeypatch.undo()
    assert sorted(p.name for p in run.out.iterdir()) == ["metrics.jsonl", "step-00000005"]
    Run.resume(run.out, silent).train(silent)
    assert rows(run.out)[-1]["step"] == 12


def test_when_metrics_cannot_be_written_it_says_where(tmp_path):
    run = begin(tmp_path)
    run.metrics.unlink()
    run.metrics.mkdir()
    with pytest.raises(CheckpointError, match=r"room and permission to write in .*run"):
        run.train(silent)


def test_when_the_picture_cannot_be_written_the_run_is_saved(tmp_path):
    run = begin(tmp_path)
    (run.out / "loss.svg").mkdir()
    with pytest.raises(CheckpointError, match="room and permission"):
        run.train(silent)
    assert load_checkpoint(run.out).state["step"] == 6


def test_a_loss_that_is_no_number_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    run = begin(tmp_path)
    good = run.trainer.loss

    def spoilt(x, y):
        return good(x, y) * (float("nan") if run.trainer.step == 4 else 1)

    run.trainer.loss = spoilt
    with pytest.raises(TrainError, match="at step 4"):
        run.train(silent)
    assert [row["step"] for row in rows(run.out)][-1] == 4
    assert "NaN" not in run.metrics.read_text()
    assert load_checkpoint(run.out).state["step"] == 4


# --- tokenizers -----------------------------------------------------------------------------------


def test_stories_have_an_end_and_a_text_has_none(tmp_path):
    stories = open_data("kingdom:40")
    text = open_data(text_file(tmp_path))
    for kind in ("char", "bpe"):
        assert list(make_tokenizer(stories, kind, 300).specials) == [END]
        assert list(make_tokenizer(text, kind, 300).specials) == []


def test_kinds_by_default(tmp_path):
    stories, text = open_data("kingdom:40"), open_data(text_file(tmp_path))
    assert make_tokenizer(stories, preset="char").kind == "bpe"
    assert make_tokenizer(text, preset="char").kind == "characters"
    assert make_tokenizer(text, vocab_size=270).kind == "bpe"
    assert make_tokenizer(text, vocab_size=270).vocab_size == 270
    with pytest.raises(ConfigError, match="a tokenizer of char, bpe, but got 'words'"):
        make_tokenizer(text, "words")


def test_the_presets_vocabulary_is_for_texts_alone(tmp_path):
    text = Run.begin(tmp_path / "text", text_file(tmp_path), mini(), "bpe")
    assert text.tokenizer.vocab_size == 280
    stories = Run.begin(tmp_path / "stories", "kingdom:40", STORIES)
    assert stories.tokenizer.vocab_size > 280


def test_characters_that_only_the_validation_part_has_are_known(tmp_path):
    (tmp_path / "text.txt").write_text("the king " * 40 + "Zoë")
    run = Run.begin(tmp_path / "run", str(tmp_path / "text.txt"), mini())
    assert {"Z", "ë"} < set(run.tokenizer.characters)
    run.train(silent)


def test_what_a_kill_after_a_save_left_too_many_is_deleted_on_resuming(tmp_path):
    run = begin(tmp_path)
    run.train(silent)
    newest, before = checkpoints(run.out)
    older = newest.with_name("step-00000001")
    shutil.copytree(before, older)  # killed before it could delete the one too many
    Run.resume(run.out, silent)
    assert checkpoints(run.out) == [newest, before]
