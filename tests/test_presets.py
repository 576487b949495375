import pytest
import torch

from minigpt.config import TOKENIZERS, ModelConfig, TrainConfig
from minigpt.errors import ConfigError
from minigpt.model import GPT
from minigpt.presets import PRESETS, Preset, preset

# As published with GPT-2: 124M, 355M, 774M and 1558M parameters, to the last one.
GPT2 = {
    "gpt2-124m": 124_439_808,
    "gpt2-355m": 354_823_168,
    "gpt2-774m": 774_030_080,
    "gpt2-1558m": 1_557_611_200,
}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_both_configurations(name):
    model, train = preset(name).configs(65)
    assert isinstance(model, ModelConfig) and isinstance(train, TrainConfig)
    assert model.vocab_size == 65
    assert train.warmup_steps < train.steps
    assert preset(name).tokenizer in TOKENIZERS and preset(name).vocab_size >= 257
    assert len(preset(name).purpose) > 10


@pytest.mark.parametrize("name", PRESETS)
def test_model_and_training_are_as_the_preset_says(name):
    model, train = preset(name).configs(65)
    said = PRESETS[name].model | PRESETS[name].train
    made = model.to_dict() | train.to_dict()
    assert {field: made[field] for field in said} == said


@pytest.mark.parametrize("name", GPT2)
def test_gpt2_sizes_are_the_published_ones(name):
    config, train = preset(name).configs(preset(name).vocab_size)
    with torch.device("meta"):  # shapes only: no memory, no time
        model = GPT(config)
    assert model.n_parameters() == GPT2[name]
    assert config.context_length == 1024 and config.vocab_size == 50_257
    assert (config.position, config.norm, config.mlp) == ("learned", "layernorm", "gelu_tanh")
    assert config.bias and config.tie_head and not config.qk_norm
    assert train.optimizer == "adamw" and train.schedule == "cosine"


def test_the_two_recipes_for_characters_see_as_much_text_with_no_more_parameters():
    ours, theirs = preset("char").configs(65), preset("char-gpt2").configs(65)
    assert ours[0].context_length == theirs[0].context_length
    assert GPT(ours[0]).n_parameters() < GPT(theirs[0]).n_parameters() < 810_000
    for field in ("steps", "batch_size", "eval_every", "save_every", "accumulate"):
        assert getattr(ours[1], field) == getattr(theirs[1], field)
    assert (ours[1].optimizer, theirs[1].optimizer) == ("muon", "adamw")


def test_keyword_arguments_change_training():
    _, train = preset("tiny").configs(65, steps=7, seed=3)
    assert (train.steps, train.seed) == (7, 3)
    assert preset("tiny").configs(65)[1].steps == PRESETS["tiny"].train["steps"]  # nothing sticks


@pytest.mark.parametrize("name", ["tinny", "", "Tiny", None, 3])
def test_an_unknown_name_is_answered_with_the_known_ones(name):
    with pytest.raises(ConfigError, match="the name of a preset, but got") as caught:
        preset(name)
    assert all(known in str(caught.value) for known in PRESETS)


def test_bad_fields_are_refused():
    with pytest.raises(ConfigError, match="n_steps"):
        preset("tiny").configs(65, n_steps=7)
    with pytest.raises(ConfigError, match="steps must be"):
        preset("tiny").configs(65, steps="7")
    with pytest.raises(ConfigError, match="vocab_size must be"):
        preset("tiny").configs(0)
    with pytest.raises(ConfigError, match="n_embd"):
        Preset("wrong", {"n_embd": 8}, {}).configs(65)
