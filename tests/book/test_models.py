"""The small models that are kept: whole, as their recipe says, small, and good."""

import pytest

from minigpt.checkpoint import load_checkpoint
from minigpt.config import ModelConfig
from minigpt.data import open_data
from minigpt.report import report
from tools import facts
from tools.models import FOLDER, KINGDOM, KINGDOM_DATA, KINGDOM_VOCAB, MODELS, SEED, page

LARGEST = 4_000_000  # bytes, all together
RECIPES = {
    "kingdom": (KINGDOM_DATA, *KINGDOM.configs(KINGDOM_VOCAB, seed=SEED)),
    "facts": ("facts", ModelConfig(vocab_size=501, **facts.MODEL), facts.TRAIN),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_kept_model_is_whole_and_of_its_recipe(name):
    saved = load_checkpoint(FOLDER / name)  # which compares every file with its hash
    assert (saved.state["data"], saved.model_config, saved.train_config) == RECIPES[name]
    assert saved.state["step"] == saved.train_config.steps
    assert saved.train_config.seed == SEED
    assert saved.training == {}


def test_what_the_page_says_of_its_loss_is_so():
    saved = load_checkpoint(FOLDER / "kingdom")
    found = report(saved.build_model(), saved.tokenizer, open_data(saved.state["data"]))
    assert found.to_dict() == pytest.approx(saved.state["report"], rel=1e-4)
    assert 0 < found.bits_per_story - found.floor < 2


def test_the_facts_are_known_and_an_untrained_model_knows_next_to_none(tmp_path):
    assert facts.known(load_checkpoint(FOLDER / "facts")) == 90
    facts.train(tmp_path, steps=1)
    assert facts.known(load_checkpoint(tmp_path)) < 20


def test_together_they_are_small():
    sizes = [path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(sizes) < LARGEST


def test_the_page_lists_what_is_kept():
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == page()
    assert {path.name for path in FOLDER.iterdir()} == {*MODELS, "README.md"}


@pytest.mark.parametrize("name", MODELS)
def test_a_few_steps_are_kept_without_the_optimisers_memory(tmp_path, name):
    MODELS[name].train(tmp_path, steps=2)
    saved = load_checkpoint(tmp_path)
    assert (saved.state["step"], saved.training) == (2, {})
    assert saved.model_config == RECIPES[name][1]
