import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from run_helpers import damage, same, silent, some_text, tiny_model, weights
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

import minigpt.checkpoint
from minigpt.checkpoint import (
    FILES,
    KEEP,
    checkpoints,
    forget_unfinished,
    load_checkpoint,
    save_checkpoint,
    weights_of,
)
from minigpt.config import TrainConfig
from minigpt.errors import CheckpointError
from minigpt.tokenizer import BPETokenizer, CharTokenizer

CHARACTERS = CharTokenizer.from_text(some_text(60))
PAIRS = BPETokenizer.train(some_text(200), 270)
TRAIN = TrainConfig(steps=9, lr=0.25, device="cpu")


def save(run, step=3, model=None, tokenizer=CHARACTERS, **state):
    training = {"rng.cpu": torch.get_rng_state(), "optimizer.0.0.step": torch.tensor(float(step))}
    model = tiny_model(step, vocab_size=tokenizer.vocab_size) if model is None else model
    return save_checkpoint(run, model, TRAIN, training, {"step": step, **state}, tokenizer)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- there and back -------------------------------------------------------------------------


@pytest.mark.parametrize("tokenizer", [CHARACTERS, PAIRS], ids=["characters", "pairs"])
@pytest.mark.parametrize(
    "changes", [{}, {"tie_head": False, "bias": True, "norm": "layernorm", "position": "learned"}]
)
def test_everything_comes_back(tmp_path, tokenizer, changes):
    model = tiny_model(vocab_size=tokenizer.vocab_size, **changes)
    path = save(tmp_path, model=model, tokenizer=tokenizer, data="kingdom", sampler={"step": 4})
    saved = load_checkpoint(tmp_path)
    assert saved.path == path == tmp_path / "step-00000003"
    assert saved.model_config == model.config and saved.train_config == TRAIN
    assert saved.state == {"step": 3, "data": "kingdom", "sampler": {"step": 4}}
    assert saved.tokenizer.to_dict() == tokenizer.to_dict()
    assert saved.tokenizer.encode("the king") == tokenizer.encode("the king")
    assert saved.training.keys() == {"rng.cpu", "optimizer.0.0.step"}
    assert saved.training["optimizer.0.0.step"] == 3.0
    torch.manual_seed(1)  # another start must not show through
    built = saved.build_model()
    assert same(weights(built), weights(model))
    tokens = torch.arange(10)[None]
    assert torch.equal(built(tokens), model(tokens))
    assert (built.head.weight is built.token_embedding.weight) == model.config.tie_head


def test_a_checkpoint_is_five_plain_files(tmp_path):
    path = save(tmp_path)
    assert names(path) == sorted([*FILES, "manifest.json"])
    manifest = json.loads((path / "manifest.json").read_text())
    for name in FILES:
        assert manifest[name] == hashlib.sha256((path / name).read_bytes()).hexdigest()
    assert json.loads((path / "state.json").read_text())["format"] == 2
    assert "head.weight" not in load_file(path / "model.safetensors")  # tied: stored once
    assert names(tmp_path) == [path.name]


def test_a_tied_head_is_named_once():
    assert "head.weight" not in weights_of(tiny_model())
    assert "head.weight" in weights_of(tiny_model(tie_head=False))


@pytest.mark.parametrize("name", FILES[:2])
def test_tensors_are_a_header_of_json_and_bare_numbers(tmp_path, name):
    content = (save(tmp_path) / name).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    ends = [entry["data_offsets"][1] for entry in header.values()]
    assert len(content) == start + max(ends)


# --- which one is taken ---------------------------------------------------------------------


def test_the_newest_is_taken_and_any_may_be_named(tmp_path):
    for step in (9, 10):
        save(tmp_path, step)
    assert load_checkpoint(tmp_path).state["step"] == 10
    assert load_checkpoint(str(tmp_path / "step-00000009")).state["step"] == 9


def test_only_the_newest_two_are_kept(tmp_path):
    assert KEEP == 2
    for step in (2, 4, 6, 8):
        save(tmp_path, step)
    assert [path.name for path in checkpoints(tmp_path)] == ["step-00000008", "step-00000006"]
    assert names(tmp_path) == ["step-00000006", "step-00000008"]


def test_what_a_person_put_there_is_neither_listed_nor_deleted(tmp_path):
    kept = ["step-00000002-the-good-one", "step-x", "step-2", "notes"]
    save(tmp_path, 2)
    for name in kept:
        shutil.copytree(tmp_path / "step-00000002", tmp_path / name)
    (tmp_path / "step-00000099").write_text("no directory")
    for step in (4, 6, 8):
        save(tmp_path, step)
    assert [path.name for path in checkpoints(tmp_path)] == ["step-00000008", "step-00000006"]
    assert set(kept) < set(names(tmp_path))
    assert load_checkpoint(tmp_path / kept[0]).state["step"] == 2


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_where_the_newest_is_damaged_the_one_before_is_taken_and_it_says_so(tmp_path, name):
    save(tmp_path, 2)
    newest, said = save(tmp_path, 4), []
    damage(newest / name)
    saved = load_checkpoint(tmp_path, said.append)
    expected = tiny_model(2, vocab_size=CHARACTERS.vocab_size)
    assert saved.state["step"] == 2 and same(weights(saved.build_model()), weights(expected))
    (line,) = said
    assert str(newest) in line and line.endswith("Falling back to the checkpoint before it.")
    assert load_checkpoint(tmp_path).state["step"] == 2  # also when nobody listens
    with pytest.raises(CheckpointError, match="step-00000004"):
        load_checkpoint(newest)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_file_that_is_gone_is_as_good_as_damaged(tmp_path, name):
    save(tmp_path, 2)
    newest, said = save(tmp_path, 4), []
    (newest / name).unlink()
    assert load_checkpoint(tmp_path, said.append).state["step"] == 2
    assert len(said) == 1 and "\n" not in said[0]


def test_where_all_are_damaged_each_is_named(tmp_path):
    for step in (2, 4):
        damage(save(tmp_path, step) / "model.safetensors")
    said = []
    with pytest.raises(CheckpointError, match="step-00000002 as it was written, but got another"):
        load_checkpoint(tmp_path, said.append)
    assert len(said) == 1 and "step-00000004" in said[0]


def test_a_damaged_later_one_does_not_push_out_intact_ones(tmp_path):
    for step in (2, 4, 90, 91):
        save(tmp_path, step)
    for step in (2, 4):  # put back from a copy, say
        save(tmp_path, step)
    for step in (90, 91):
        damage(tmp_path / f"step-000000{step}" / "state.json")
    save(tmp_path, 5)
    assert load_checkpoint(tmp_path, silent).state["step"] == 5
    save(tmp_path, 6)
    damage(tmp_path / "step-00000006" / "state.json")
    assert load_checkpoint(tmp_path, silent).state["step"] == 5


def test_the_same_step_again_replaces_it(tmp_path):
    save(tmp_path, 4, data="old")
    save(tmp_path, 4, data="new")
    assert load_checkpoint(tmp_path).state["data"] == "new"
    assert names(tmp_path) == ["step-00000004"]


def test_what_a_killed_process_left_half_written_is_no_checkpoint(tmp_path):
    save(tmp_path, 2)
    for name in (".step-00000004.part", ".step-00000004.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(b"half")
    assert load_checkpoint(tmp_path).state["step"] == 2
    save(tmp_path, 4)
    assert names(tmp_path) == ["step-00000002", "step-00000004"]
    assert load_checkpoint(tmp_path).state["step"] == 4


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_what_is_no_file_is_not_waited_for(tmp_path, name):
    path = save(tmp_path)
    (path / name).unlink()
    os.mkfifo(path / name)  # whoever opens it waits for a writer
    with pytest.raises(CheckpointError, match=name):
        load_checkpoint(tmp_path)


def sign(path):
    told = {name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in FILES}
    (path / "manifest.json").write_text(json.dumps(told))


@pytest.mark.parametrize("name", FILES[:2])
def test_tensors_of_another_type_are_not_taken(tmp_path, name):
    path = save(tmp_path)
    tensors = load_file(path / name)
    first = min(tensors)
    save_file({**tensors, first: tensors[first].half()}, path / name)
    sign(path)
    with pytest.raises(CheckpointError, match=rf"{first} with .* but got .* of float16 .*{name}"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("change", [{"more": torch.ones(2)}, {"rng.cpu": None}])
def test_memory_is_whole_and_nothing_else(tmp_path, change):
    path = save(tmp_path)
    tensors = {**load_file(path / "training.safetensors"), **change}
    tensors = {name: t for name, t in tensors.items() if t is not None}
    save_file(tensors, path / "training.safetensors")
    sign(path)
    with pytest.raises(CheckpointError, match=rf"{next(iter(change))} with shape"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize(
    "size",
    [{"n_layers": 10**15}, {"vocab_size": 10**15}, {"d_model": 6 * 10**15}, {"d_ff": 10**30}],
)
def test_a_vast_model_is_refused_before_memory_is_asked_for(tmp_path, size):
    path = save(tmp_path)
    state = json.loads((path / "state.json").read_text())
    state["model"].update(size)
    (path / "state.json").write_text(json.dumps(state))
    sign(path)
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path)


def test_a_tokenizer_of_another_size_is_refused(tmp_path):
    path = save(tmp_path)
    PAIRS.save(path / "tokenizer.json")
    sign(path)
    size = CHARACTERS.vocab_size
    with pytest.raises(CheckpointError, match=rf"the model's {size} tokens in .*, but got 270"):
        load_checkpoint(tmp_path)


def test_what_is_left_of_an_unfinished_save_is_deleted_and_nothing_else(tmp_path):
    save(tmp_path, 2)
    for name in (".step-00000004.part", ".step-00000002.old", ".step-4.part", ".notes"):
        (tmp_path / name).mkdir()
    forget_unfinished(tmp_path, 12)
    assert names(tmp_path) == [".notes", ".step-4.part", "step-00000002"]


# --- writing fails --------------------------------------------------------------------------


def fails(call, error, times=1):
    """A function that does as `call` does, but fails when called for the n-th time."""
    left = [times]

    def one(*a, **k):
        left[0] -= 1
        if left[0] == 0:
            raise error
        return call(*a, **k)

    return one


FULL = OSError(28, "No space left on device")
WAYS = {
    "weights": ("save_file", FULL, 1),
    "memory": ("save_file", SafetensorError("No space left on device"), 2),
    "tokenizer": ("_write_json", FULL, 1),
    "state": ("_write_json", FULL, 2),
    "manifest": ("_write_json", FULL, 3),
    "reading back": ("_sha256", FULL, 3),
    "flush": ("_flush", FULL, 4),
    "rename": ("os.rename", FULL, 1),
}


@pytest.mark.parametrize("way", WAYS)
def test_when_writing_fails_earlier_checkpoints_are_as_they_were(tmp_path, monkeypatch, way):
    for step in (2, 4):
        save(tmp_path, step)
    before = contents(tmp_path)
    name, error, times = WAYS[way]
    owner, name = (os, "rename") if name == "os.rename" else (minigpt.checkpoint, name)
    monkeypatch.setattr(owner, name, fails(getattr(owner, name), error, times))
    with pytest.raises(CheckpointError, match=r"room and permission to write .*No space left"):
        save(tmp_path, 6)
    assert contents(tmp_path) == before
    assert names(tmp_path) == ["step-00000002", "step-00000004"]  # nothing hidden either
    monkeypatch.undo()
    save(tmp_path, 6)
    assert load_checkpoint(tmp_path).state["step"] == 6


@pytest.mark.parametrize("times", [1, 2])
def test_when_a_step_cannot_be_replaced_it_stays(tmp_path, monkeypatch, times):
    save(tmp_path, 4, data="old")
    before = contents(tmp_path)
    monkeypatch.setattr(os, "rename", fails(os.rename, FULL, times))
    with pytest.raises(CheckpointError, match="No space left"):
        save(tmp_path, 4, data="new")
    assert contents(tmp_path) == before and names(tmp_path) == ["step-00000004"]


@pytest.mark.parametrize("most", [1, 100, 6_000])
def test_a_disk_that_is_really_full(tmp_path, most):
    """No file may grow beyond some bytes: the system itself refuses to write on."""
    resource = pytest.importorskip("resource")
    save(tmp_path, 2)
    before = contents(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(CheckpointError, match="room and permission"):
            save(tmp_path, 4)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(tmp_path) == before and names(tmp_path) == ["step-00000002"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written(tmp_path):
    save(tmp_path, 2)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(CheckpointError, match="Permission denied"):
            save(tmp_path, 4)
    finally:
        tmp_path.chmod(0o755)
    assert names(tmp_path) == ["step-00000002"]


def test_a_file_where_the_directory_should_be(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(CheckpointError, match=r"room and permission .* Try: another --out\."):
        save(tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


def test_systems_that_cannot_flush_a_directory_save_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "open", fails(os.open, PermissionError(13, "Permission denied"), 1))
    save(tmp_path, 2)
    assert load_checkpoint(tmp_path).state["step"] == 2
