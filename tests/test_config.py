import ast
import dataclasses
import json
import re

import pytest

from minigpt.config import (
    DEVICES,
    MLPS,
    NORM_ORDERS,
    NORMS,
    OPTIMIZERS,
    POSITIONS,
    PRECISIONS,
    ROTARY_PAIRS,
    SCHEDULES,
    ModelConfig,
    TrainConfig,
)
from minigpt.errors import ConfigError, MiniGPTError

NAN, INF = float("nan"), float("inf")
NO_COUNT = [0, -1, True, False, 1.0, "4", NAN, INF, [4], (4,), 4j]
NO_NUMBER = ["0.1", True, False, NAN, INF, -INF, [0.1], {}, 1j, 10**400, None]
NO_FLAG = [0, 1, None, "True", 1.0, []]
NO_CHOICE = ["", "ADAMW", " rotary", None, True, 0, ["rmsnorm"], ("pre",), {}]

# Every field, and what it must not be.
MODEL = {
    "vocab_size": [*NO_COUNT, None],
    "context_length": [*NO_COUNT, None],
    "d_model": [*NO_COUNT, None],
    "n_layers": [*NO_COUNT, None],
    "n_heads": [*NO_COUNT, None],
    "n_kv_heads": NO_COUNT,
    "d_ff": NO_COUNT,
    "window": NO_COUNT,
    "dropout": [*NO_NUMBER, -0.1, 0.96, 1, 1.0],
    "norm_eps": [*NO_NUMBER, 0, -1e-5, 0.011],
    "rotary_base": [*NO_NUMBER, 1, 0, -1.0, 1e9 + 1],
    "position": NO_CHOICE,
    "rotary_pairs": NO_CHOICE,
    "norm": NO_CHOICE,
    "norm_order": NO_CHOICE,
    "mlp": NO_CHOICE,
    "causal": NO_FLAG,
    "qk_norm": NO_FLAG,
    "bias": NO_FLAG,
    "tie_head": NO_FLAG,
    "zero_init": NO_FLAG,
    "fused": NO_FLAG,
}
TRAIN = {
    "steps": [*NO_COUNT, None],
    "batch_size": [*NO_COUNT, None],
    "accumulate": [*NO_COUNT, None],
    "eval_every": [*NO_COUNT, None],
    "save_every": [*NO_COUNT, None],
    "warmup_steps": [*NO_COUNT[1:], None],
    "seed": [*NO_COUNT[1:], None, 2**63],
    "lr": [*NO_NUMBER, 0, -1e-3, 1001],
    "muon_lr": [*NO_NUMBER, 0, -1e-3, 1001],
    "grad_clip": [*NO_NUMBER, 0, -1.0, 1001],
    "final_lr": [*NO_NUMBER, -0.1, 1.1],
    "weight_decay": [*NO_NUMBER, -0.1, 1.1],
    "beta1": [*NO_NUMBER, -0.1, 1, 1.0, 0.999999],
    "beta2": [*NO_NUMBER, -0.1, 1, 1.0, 0.999999],
    "optimizer": NO_CHOICE,
    "schedule": NO_CHOICE,
    "device": [*NO_CHOICE, "gpu", "cuda:0"],
    "precision": [*NO_CHOICE, "fp16"],
    "compile": NO_FLAG,
    "threads": NO_COUNT,
}
TABLES = {ModelConfig: MODEL, TrainConfig: TRAIN}
NEEDED = {ModelConfig: {"vocab_size": 7}, TrainConfig: {}}


REFUSALS = [
    pytest.param(cls, field, value, id=f"{field}={value!r:.12}")
    for cls, table in TABLES.items()
    for field, values in table.items()
    for value in values
]


def message(cls, **fields):
    with pytest.raises(ConfigError) as caught:
        cls(**{**NEEDED[cls], **fields})
    assert isinstance(caught.value, MiniGPTError) and isinstance(caught.value, ValueError)
    return str(caught.value)


@pytest.mark.parametrize("cls", TABLES)
def test_every_field_is_tried(cls):
    assert TABLES[cls].keys() == {field.name for field in dataclasses.fields(cls)}


@pytest.mark.parametrize(("cls", "field", "value"), REFUSALS)
def test_bad_value_is_refused_with_field_value_and_remedy(cls, field, value):
    text = message(cls, **{field: value})
    assert text.startswith(f"{field} must be ")
    assert f"but got {field}={value!r}. Try: " in text
    assert "\n" not in text


GOOD = {
    "dropout": [0, 0.0, 0.95],
    "norm_eps": [1e-12, 1e-2],
    "rotary_base": [1.5, 500_000, 1e9],
    "window": [None, 1, 10_000],
    "position": POSITIONS,
    "rotary_pairs": ROTARY_PAIRS,
    "norm": NORMS,
    "norm_order": NORM_ORDERS,
    "mlp": MLPS,
    "vocab_size": [1],
    "n_kv_heads": [1, 2, 4],
    "causal": [True, False],
}
GOOD_TRAIN = {
    "lr": [1e-12, 1, 1000],
    "final_lr": [0, 1, 1.0],
    "weight_decay": [0, 1],
    "beta1": [0, 0.99999],
    "seed": [0, 2**63 - 1],
    "warmup_steps": [0, 10**6],
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "device": DEVICES,
    "precision": PRECISIONS,
    "accumulate": [1, 2, 3, 4, 6, 12],
}


@pytest.mark.parametrize(("cls", "good"), [(ModelConfig, GOOD), (TrainConfig, GOOD_TRAIN)])
def test_the_edges_of_each_range_are_accepted(cls, good):
    for field, values in good.items():
        for value in values:
            assert getattr(cls(**{**NEEDED[cls], field: value}), field) == value


TOGETHER = [
    (ModelConfig, {"d_model": 100, "n_heads": 3}, "d_model=100", ["n_heads (3)", "d_model=99"]),
    (ModelConfig, {"d_model": 2, "n_heads": 3}, "d_model=2", ["n_heads (3)", "d_model=3"]),
    (ModelConfig, {"n_heads": 4, "n_kv_heads": 3}, "n_kv_heads=3", ["divisor", "n_kv_heads=1"]),
    (ModelConfig, {"n_heads": 4, "n_kv_heads": 8}, "n_kv_heads=8", ["n_heads (4)", "n_kv_heads=4"]),
    (ModelConfig, {"d_model": 9, "n_heads": 3}, "d_model=9", ["even", "pairs", "d_model=18"]),
    (
        ModelConfig,
        {"d_model": 9, "n_heads": 3, "position": "sinusoidal"},
        "d_model=9",
        ["even", "d_model=18"],
    ),
    (ModelConfig, {"window": 3, "causal": False}, "window=3", ["causal=False", "causal=True"]),
    (TrainConfig, {"accumulate": 5}, "accumulate=5", ["batch_size (12)", "accumulate=1"]),
    (TrainConfig, {"accumulate": 24}, "accumulate=24", ["divisor", "accumulate=1"]),
]


@pytest.mark.parametrize(("cls", "fields", "came", "words"), TOGETHER)
def test_values_that_do_not_go_together(cls, fields, came, words):
    text = message(cls, **fields)
    assert f"but got {came}." in text
    assert [word for word in words if word not in text] == []


def test_an_odd_width_is_refused_only_where_pairs_are_needed():
    for position in ("none", "learned", "alibi"):
        assert ModelConfig(7, d_model=9, n_heads=3, position=position).d_head == 3


REMEDIED = [*((cls, fields) for cls, fields, _, _ in TOGETHER)]
REMEDIED += [(cls, {field: -1}) for cls, table in TABLES.items() for field in table]
REMEDIED += [(cls, {field: "odd"}) for cls, table in TABLES.items() for field in table]


def followed(cls, fields):
    """Do what the message says until there is a configuration; three changes are enough."""
    for _ in range(4):
        try:
            return cls(**fields)
        except ConfigError as error:
            said = str(error)
        if said.endswith("Try: a value inside that range."):
            return None
        field, value = re.search(r"Try: (\w+)=([\w']+)", said).groups()
        fields = {**fields, field: ast.literal_eval(value)}
    pytest.fail(f"after three remedies still: {said}")


@pytest.mark.parametrize(("cls", "fields"), REMEDIED)
def test_whoever_does_what_the_message_says_gets_a_configuration(cls, fields):
    followed(cls, {**NEEDED[cls], **fields})


# --- to a dictionary and back -------------------------------------------------------------

OTHER = {
    ModelConfig: ModelConfig(
        11,
        context_length=7,
        d_model=24,
        n_layers=3,
        n_heads=6,
        n_kv_heads=2,
        d_ff=50,
        dropout=0.25,
        window=5,
        position="alibi",
        rotary_pairs="interleaved",
        rotary_base=500,
        norm="layernorm",
        norm_order="post",
        norm_eps=1e-6,
        qk_norm=False,
        mlp="swiglu",
        bias=True,
        tie_head=False,
        zero_init=False,
        fused=False,
    ),
    TrainConfig: TrainConfig(
        steps=3,
        batch_size=6,
        lr=0.5,
        muon_lr=0.25,
        optimizer="adamw",
        schedule="cosine",
        warmup_steps=1,
        final_lr=0.5,
        weight_decay=0.3,
        beta1=0.8,
        beta2=0.7,
        grad_clip=2,
        accumulate=3,
        eval_every=2,
        save_every=9,
        seed=5,
        device="cpu",
        precision="bf16",
        compile=True,
        threads=3,
    ),
}


@pytest.mark.parametrize("cls", TABLES)
def test_round_trip_through_json_keeps_every_field(cls):
    for config in (cls(**NEEDED[cls]), OTHER[cls]):
        back = cls.from_dict(json.loads(json.dumps(config.to_dict())))
        assert back == config and hash(back) == hash(config)
        assert back.to_dict() == {f.name: getattr(config, f.name) for f in dataclasses.fields(cls)}


def test_replace_fills_in_anew_what_was_filled_in():
    config = ModelConfig(vocab_size=7, d_model=24, n_heads=4)
    assert config.replace(n_heads=6).n_kv_heads == 6
    assert config.replace(d_model=48).d_ff == 192
    assert config.replace(mlp="swiglu").d_ff == 64
    chosen = config.replace(n_kv_heads=2, d_ff=50).replace(n_heads=8, d_model=48)
    assert (chosen.n_kv_heads, chosen.d_ff) == (2, 50)


@pytest.mark.parametrize("cls", TABLES)
def test_no_two_fields_are_mixed_up(cls):
    default, other = cls(**NEEDED[cls]).to_dict(), OTHER[cls].to_dict()
    changed = {name for name in default if default[name] != other[name]}
    assert default.keys() - changed <= {"causal"}  # a window needs it


@pytest.mark.parametrize("cls", TABLES)
def test_from_dict_names_what_it_does_not_know(cls):
    with pytest.raises(ConfigError, match=f"fields of {cls.__name__}, but got n_embd, odd") as e:
        cls.from_dict({**NEEDED[cls], "odd": 1, "n_embd": 2})
    assert all(field.name in str(e.value) for field in dataclasses.fields(cls))
    with pytest.raises(ConfigError, match="3"):
        cls.from_dict({**NEEDED[cls], 3: 4})


def test_from_dict_names_what_is_missing():
    with pytest.raises(ConfigError, match="vocab_size set, but got nothing"):
        ModelConfig.from_dict({"d_model": 8})
    assert TrainConfig.from_dict({}) == TrainConfig()


@pytest.mark.parametrize("fields", [None, [], "vocab_size", 7, [("vocab_size", 7)]])
def test_from_dict_wants_a_dictionary(fields):
    with pytest.raises(ConfigError, match="a dictionary of fields"):
        ModelConfig.from_dict(fields)


def test_from_dict_checks_values_too():
    with pytest.raises(ConfigError, match="dropout must be"):
        ModelConfig.from_dict({"vocab_size": 7, "dropout": "none"})


# --- frozen, filled in, replaced ----------------------------------------------------------


@pytest.mark.parametrize("cls", TABLES)
def test_frozen(cls):
    config = cls(**NEEDED[cls])
    for field in dataclasses.fields(cls):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(config, field.name, getattr(config, field.name))


@pytest.mark.parametrize("mlp", MLPS)
def test_what_is_left_out_follows_from_the_rest(mlp):
    config = ModelConfig(7, d_model=30, n_heads=5, mlp=mlp)
    assert config.n_kv_heads == 5 and config.d_head == 6
    # Gated, an MLP has three matrices for two: 8/3 of d_model cost as much as 4.
    assert config.d_ff == (80 if mlp == "swiglu" else 120)
    given = ModelConfig(7, d_model=30, n_heads=5, mlp=mlp, n_kv_heads=1, d_ff=11)
    assert (given.n_kv_heads, given.d_ff) == (1, 11)


def test_replace_changes_one_field_and_checks():
    config = OTHER[ModelConfig]
    changed = config.replace(dropout=0.5)
    assert changed.dropout == 0.5 and config.dropout == 0.25
    assert changed.to_dict() == {**config.to_dict(), "dropout": 0.5}
    with pytest.raises(ConfigError, match="dropout must be"):
        config.replace(dropout=2)
    with pytest.raises(ConfigError, match="fields of ModelConfig, but got n_head"):
        config.replace(n_head=2)
