import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rank_helpers import SHARED, Others
from run_helpers import begin, rows, text_file
from torch.nn.parallel import DistributedDataParallel

import minigpt.cli.models
import minigpt.run
from minigpt.checkpoint import checkpoints, load_checkpoint
from minigpt.cli import main
from minigpt.distributed import ALONE, Group, processes, unaveraged
from minigpt.errors import CheckpointError, TrainError
from minigpt.train import Trainer, chance

DROPOUT = replace(SHARED, model=SHARED.model | {"dropout": 0.2})


@pytest.fixture(scope="module")
def others():
    """The second process and the third."""
    others = Others(2)
    yield others
    others.end()


@pytest.fixture
def train(others, tmp_path):
    """Begin a run in tmp_path/NAME with so many processes, which must all succeed."""
    data = text_file(tmp_path)

    def train(world_size, name, **options):
        flags = ("--preset", "shared", "--data", data, "--out", tmp_path / name)
        results = others.train(world_size, *flags, **options)
        assert [result.status for result in results] == [0] * world_size, results
        return results

    return train


def with_train(**changes):
    return replace(SHARED, train=SHARED.train | changes)


def losses(run: Path) -> list[float]:
    return [row["loss"] for row in rows(run) if "loss" in row]


def same_numbers(a: Path, b: Path) -> None:
    """Every loss, gradient norm and measurement, in the same order."""
    assert [row.keys() for row in rows(a)] == [row.keys() for row in rows(b)]
    for one, other in zip(rows(a), rows(b), strict=True):
        assert {k: v for k, v in one.items() if v is not None} == pytest.approx(
            {k: v for k, v in other.items() if v is not None}, abs=1e-5
        )


# --- the same losses --------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("world_size", [2, 3])
@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_several_processes_learn_what_one_learns(train, tmp_path, world_size, parts, kind):
    preset = with_train(accumulate=parts, optimizer=kind)
    train(1, "one", preset=preset)
    train(world_size, "several", preset=preset)
    found = losses(tmp_path / "several")
    assert len(found) == 12 and found[0] - found[-1] > 0.2
    same_numbers(tmp_path / "one", tmp_path / "several")


def test_two_processes_are_to_the_bit_one_that_splits_its_batch_in_two(train, tmp_path):
    """The same sums in the same order: what differs elsewhere is rounding."""
    train(1, "one", preset=with_train(accumulate=2))
    train(2, "two")
    assert losses(tmp_path / "one") == losses(tmp_path / "two")
    for name in ("model.safetensors", "training.safetensors"):
        one, two = (checkpoints(tmp_path / run)[0] / name for run in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("parts", [1, 3])
def test_gradients_travel_once_a_step(train, monkeypatch, parts):
    kept, no_sync = [], DistributedDataParallel.no_sync
    monkeypatch.setattr(
        DistributedDataParallel, "no_sync", lambda self: kept.append(1) or no_sync(self)
    )
    train(2, "run", preset=with_train(accumulate=parts, steps=4))
    assert len(kept) == (parts - 1) * (4 + 1)  # and once to rehearse


def test_one_process_writes_and_speaks_for_all(train, tmp_path):
    first, *rest = train(3, "run", spoil="idle")
    assert [line.split(":")[0] for line in first.out.splitlines()][2:5] == [
        "step 4",
        "step 8",
        "step 12",
    ]
    assert "12 steps of 12 x 12 tokens" in first.out and "Saved in" in first.out
    assert all((result.out, result.err) == ("", "") for result in rest) and first.err == ""
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "loss.svg",
        "metrics.jsonl",
        "step-00000010",
        "step-00000012",
    ]
    # Nothing in a checkpoint knows how many wrote it.
    saved = load_checkpoint(tmp_path / "run")
    assert saved.train_config.batch_size == 12 and saved.state["sampler"]["n_rows"] == 12
    assert saved.build_model().n_parameters() > 1000


def test_the_tokens_of_a_large_text_are_written_once(train, tmp_path):
    train(1, "one")
    train(2, "large", spoil="large")
    assert (tmp_path / "large" / "tokens").is_dir()
    same_numbers(tmp_path / "one", tmp_path / "large")


# --- resuming ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1), (3, 2)])
def test_a_run_may_go_on_with_another_number_of_processes(train, others, tmp_path, before, after):
    train(1, "straight")
    train(before, "run")
    shutil.rmtree(tmp_path / "run" / "step-00000012")
    results = others.train(after, "--out", tmp_path / "run", "--resume")
    assert [result.status for result in results] == [0] * after
    same_numbers(tmp_path / "straight", tmp_path / "run")


@pytest.mark.parametrize("world_size", [2, 3])
def test_with_as_many_processes_resuming_is_exact_dropout_and_all(
    train, others, tmp_path, world_size
):
    train(world_size, "run", preset=DROPOUT)
    newest = tmp_path / "run" / "step-00000012"
    expected = {path.name: path.read_bytes() for path in newest.iterdir()}
    metrics = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    shutil.rmtree(newest)
    others.train(world_size, "--out", tmp_path / "run", "--resume")
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == metrics
    assert {path.name: path.read_bytes() for path in newest.iterdir()} == expected


@pytest.mark.parametrize(("preset", "same"), [(SHARED, True), (DROPOUT, False)])
def test_each_process_drops_other_numbers(others, tmp_path, monkeypatch, preset, same):
    """Where all rows are the same, dropout alone can tell one process's loss from another's."""
    (tmp_path / "one_window.txt").write_text("abcdefghijklmno")
    heard = []

    def mean(self, loss):
        heard.append(self.gather(loss)[:, 0].tolist())
        return sum(heard[-1]) / 2

    monkeypatch.setattr(Group, "mean", mean)
    flags = ("--preset", "shared", "--data", tmp_path / "one_window.txt", "--steps", 2)
    others.train(2, *flags, "--out", tmp_path / "run", preset=preset)
    steps = heard[1:]  # the rehearsal does not count
    assert [first == second for first, second in steps] == [same, same]


def test_chance_is_new_at_every_step_on_every_process():
    drawn = {chance(seed, k, rank) for seed in range(5) for k in range(7) for rank in range(3)}
    assert len(drawn) == 5 * 7 * 3 and max(drawn) < 2**64
    assert chance(3, 2, 1) == chance(3, 2, 1)


# --- signals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_one_process_stops_all_at_the_same_step(
    train, others, tmp_path, monkeypatch, number
):
    take = Trainer.train_step

    def train_step(self):
        if self.step == 5:
            os.kill(others.programs[0].pid, number)
        return take(self)

    train(1, "straight")
    monkeypatch.setattr(Trainer, "train_step", train_step)
    data = tmp_path / "text.txt"
    flags = ("--preset", "shared", "--data", data, "--out", tmp_path / "run")
    first, second = others.train(2, *flags)
    assert first.status == second.status == 130
    saved = checkpoints(tmp_path / "run")[0]
    step = int(saved.name[-8:])
    assert step in (6, 7)  # the second may have been past the question when it came
    assert first.out.splitlines()[-1] == (
        f"Interrupted: saved step {step} in {saved}; go on with --resume."
    )
    assert (second.out, second.err, first.err) == ("", "", "")
    assert len(losses(tmp_path / "run")) == step
    monkeypatch.undo()
    others.train(2, "--out", tmp_path / "run", "--resume")
    same_numbers(tmp_path / "straight", tmp_path / "run")


# --- errors: one line, and nobody waits ---------------------------------------------------------


def one_line(results, rank, words):
    """All end with status 2; the process of that rank alone says why, in one line."""
    assert [result.status for result in results] == [2] * len(results), results
    said = [result.err for result in results]
    assert said[rank].count("\n") == 1 and words in said[rank]
    assert said[rank].startswith("minigpt train: ")
    assert all(not err for k, err in enumerate(said) if k != rank)


def flags_of(tmp_path, *more):
    data = text_file(tmp_path)
    return ("--preset", "shared", "--data", data, "--out", tmp_path / "run", *more)


def test_nobody_goes_before_it_is_said(others, tmp_path, monkeypatch):
    """Else torchrun, seeing one gone, would end the one that is about to speak."""
    said = []

    def complain(*_arguments):
        time.sleep(0.5)
        said.append(time.time())

    monkeypatch.setattr(minigpt.cli.models, "complain", complain)
    results = others.train(3, *flags_of(tmp_path, "--batch-size", 7))
    assert len(said) == 1 and all(result.ended > said[0] for result in results)


def test_a_loss_that_is_not_finite_on_one_stops_all(others, tmp_path):
    results = others.train(3, *flags_of(tmp_path), spoil="nan")
    one_line(results, 0, "a finite loss and a finite gradient, but got loss nan")
    assert len(losses(tmp_path / "run")) == 1  # it was the second step, after the rehearsal
    assert checkpoints(tmp_path / "run") == []


@pytest.mark.parametrize(("world_size", "parts", "rows"), [(2, 1, 7), (2, 2, 6), (3, 2, 8)])
def test_a_batch_that_cannot_be_shared(others, tmp_path, world_size, parts, rows):
    preset = with_train(accumulate=parts, batch_size=12)
    results = others.train(world_size, *flags_of(tmp_path, "--batch-size", rows), preset=preset)
    words = f"a batch_size for {world_size} processes x {parts} equal parts, but got "
    fits = {7: 8, 6: 8, 8: 12}[rows]
    one_line(results, 0, f"{words}batch_size={rows}. Try: batch_size={fits}, or another number")


def test_a_run_cannot_go_on_where_its_batch_cannot_be_shared(train, others, tmp_path):
    train(1, "run", preset=with_train(batch_size=4))
    results = others.train(3, "--out", tmp_path / "run", "--resume")
    one_line(results, 0, "a batch_size for 3 processes x 1 equal parts, but got batch_size=4")


def test_a_directory_that_holds_a_run(train, others, tmp_path):
    train(1, "run")
    one_line(others.train(2, *flags_of(tmp_path)), 0, "which holds one already. Try: --resume.")


def test_what_only_the_first_process_meets_before_it_begins(others, tmp_path):
    (tmp_path / "run").write_text("mine")
    one_line(others.train(3, *flags_of(tmp_path)), 0, "room and permission to write in")


def test_what_only_the_first_process_meets_while_the_others_wait_for_it(others, tmp_path):
    (tmp_path / "run").write_text("mine")  # where the tokens of a large text should go
    results = others.train(3, *flags_of(tmp_path), spoil="large")
    one_line(results, 0, "room and permission to write in")


def test_what_only_another_process_meets(others, tmp_path):
    results = others.train(3, *flags_of(tmp_path), theirs=("--data", "nowhere.txt"))
    one_line(results, 1, "nowhere.txt")


def test_what_the_first_process_meets_on_the_way(others, tmp_path, monkeypatch):
    def full(*_arguments):
        raise CheckpointError("no room")

    monkeypatch.setattr(minigpt.run, "save_checkpoint", full)
    one_line(others.train(3, *flags_of(tmp_path)), 0, "no room")
    assert len(losses(tmp_path / "run")) == 5


def test_what_the_first_process_meets_at_the_end(others, tmp_path, monkeypatch):
    def full(*_arguments):
        raise CheckpointError("no room for a picture")

    monkeypatch.setattr(minigpt.run, "plot_metrics", full)
    one_line(others.train(2, *flags_of(tmp_path)), 0, "no room for a picture")


@pytest.mark.parametrize("theirs", [("--seed", 2), ("--steps", 11)])
def test_two_commands_do_not_train_one_model(others, tmp_path, theirs):
    results = others.train(2, *flags_of(tmp_path), theirs=theirs)
    one_line(results, 0, "the same command, data and checkpoint for every process")


# --- alone ------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", [{}, {"RANK": "1", "WORLD_SIZE": "2"}, "torchrun"])
def test_without_others_there_is_no_group(monkeypatch, environment):
    if environment == "torchrun":  # with one process
        environment = {"TORCHELASTIC_RUN_ID": "test", "RANK": "0", "WORLD_SIZE": "1"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = []
    with pytest.raises(TrainError, match="as ever"), processes(said.append) as group:
        assert group is ALONE and group.is_main and not torch.distributed.is_initialized()
        assert group.mean(2.5) == 2.5 and group.any(True) and not group.any(False)
        raise TrainError("as ever")
    assert said == []


def test_alone_the_loss_is_the_models_own(tmp_path):
    trainer = begin(tmp_path).trainer
    assert trainer.loss == trainer.model.loss
    with unaveraged(trainer.loss, when=True):
        assert trainer.train_step()[0] > 0


def test_each_process_takes_its_own_card(monkeypatch):
    taken, cuda = [], torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    second = Group(rank=5, local_rank=1, world_size=8)
    assert second.own(cuda) == cuda and taken == [1]
    assert second.own(torch.device("cpu")).type == "cpu" and ALONE.own(cuda) == cuda
    with pytest.raises(TrainError, match=r"process 2 of this machine, but got 2\. Try: fewer"):
        Group(rank=2, local_rank=2, world_size=8).own(cuda)
    with pytest.raises(TrainError, match="or --device cpu"):
        second.own(torch.device("mps"))
    assert taken == [1]


# --- as people start it -------------------------------------------------------------------------

TORCHRUN = "-m torch.distributed.run --standalone --nproc-per-node 2"
TINY = ["--preset", "tiny", "--batch-size", "6"]


def start(folder, name, *flags):
    data = ["--data", text_file(folder), "--out", folder / name]
    command = [sys.executable, *TORCHRUN.split(), "-m", "minigpt", "train", *TINY, *data, *flags]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([str(part) for part in command], **pipes)


def ended(program):
    out, err = program.communicate(timeout=300)
    return program.returncode, out, err


def test_torchrun_trains_what_one_process_trains_and_refuses_to_do_so_twice(tmp_path, capsys):
    two = start(tmp_path, "two", "--steps", 9)
    alone = ["--data", tmp_path / "text.txt", "--out", tmp_path / "one", "--steps", 9]
    assert main(["train", *TINY, *map(str, alone)]) == 0
    status, said, err = ended(two)
    assert (status, said) == (0, capsys.readouterr().out.replace("/one", "/two")), err
    same_numbers(tmp_path / "one", tmp_path / "two")
    status, said, err = ended(start(tmp_path, "two"))
    assert status != 0 and said == "" and err.count("minigpt train: ") == 1
    assert "which holds one already. Try: --resume.\n" in err


def test_torchrun_stopped_saves_once_and_says_so(tmp_path):
    program = start(tmp_path, "run", "--steps", 100_000)
    metrics = tmp_path / "run" / "metrics.jsonl"
    while program.poll() is None and not (metrics.exists() and len(losses(metrics.parent)) > 2):
        time.sleep(0.05)
    program.send_signal(signal.SIGTERM)
    _, out, err = ended(program)
    (saved,) = checkpoints(tmp_path / "run")
    assert (out + err).count("Interrupted: saved step ") == 1
    assert saved.name == f"step-{len(losses(tmp_path / 'run')):08d}"
    assert load_checkpoint(saved).state["step"] > 2
