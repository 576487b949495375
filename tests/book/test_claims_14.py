"""What chapter 14 says, computed anew: its model against the library's, and every count."""

import itertools
import json
import math
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from minigpt.checkpoint import load_checkpoint
from minigpt.config import NORM_ORDERS, NORMS, POSITIONS, ModelConfig
from minigpt.corpus import is_story
from minigpt.costs import forward_flops, n_parameters
from minigpt.errors import ConfigError
from minigpt.figures.shape_map import CHOICES, ShapeMap
from minigpt.gpt2_weights import to_gpt2
from minigpt.model import GPT
from minigpt.presets import GPT2_MODEL, preset
from tools.stored import ROOT

NOTEBOOK = "14_assembling.ipynb"
EVERY = list(itertools.product(NORMS, NORM_ORDERS, POSITIONS, [True, False]))
SIZES = {"vocab_size": 19, "context_length": 13, "d_model": 20, "n_layers": 2, "n_heads": 5}


@pytest.fixture(scope="module")
def model_cells(chapter):
    """The cells that make the model, from the first import to the class."""
    sources = [cell["source"] for cell in chapter if cell["cell_type"] == "code"]
    first = next(i for i, s in enumerate(sources) if "class Pieces" in s)
    last = next(i for i, s in enumerate(sources) if "class MiniGPT" in s)
    return sources[first : last + 1]


@pytest.fixture(scope="module")
def page(model_cells):
    scope = {"math": math, "torch": torch, "nn": nn}
    exec("\n\n".join(model_cells), scope)
    return scope


@pytest.fixture
def float64():
    kept = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(kept)


@torch.no_grad()
def apart(ours, config, seed=0):
    torch.manual_seed(seed)
    library, ours = GPT(config), ours(config)
    for parameter in library.parameters():
        parameter.normal_(std=0.3)
    ours.load_state_dict(library.state_dict())
    tokens = torch.randint(config.vocab_size, (3, 11))
    return (ours(tokens) - library(tokens)).abs().max().item()


@pytest.mark.parametrize(("norm", "norm_order", "position", "tie_head"), EVERY)
def test_the_pages_model_has_the_librarys_logits(
    page, float64, norm, norm_order, position, tie_head
):
    choice = {"norm": norm, "norm_order": norm_order, "position": position, "tie_head": tie_head}
    for rest in (
        {"mlp": "swiglu", "n_kv_heads": 1},
        {"bias": True, "mlp": "gelu_tanh", "qk_norm": False},
    ):
        assert apart(page["MiniGPT"], ModelConfig(**SIZES, **choice, **rest)) < 1e-6


def test_a_wrong_model_would_have_other_logits(page, float64):
    class Careless(page["MiniGPT"]):
        def forward(self, tokens):
            ids = torch.arange(tokens.shape[1])
            x = self.token_embedding(tokens)
            how = page["looking"](ids, self.config)
            for block in self.blocks:
                x = block(x, **how)
            return self.head(x)

    assert apart(Careless, ModelConfig(**SIZES)) > 1e-3


def test_the_page_offers_all_of_them_and_says_so(chapter, output, text):
    assert "40 of 40 have equal logits, to 1e-6" in output
    assert len(EVERY) == 40
    assert "All forty." in text
    (cell,) = [c["source"] for c in chapter if "every = list(product" in c["source"]]
    for name in (*NORMS, *NORM_ORDERS, *POSITIONS):
        assert f'"{name}"' in cell


def test_it_is_less_than_sixty_lines(model_cells):
    lines = [line for cell in model_cells for line in cell.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("from ", "import "))]
    assert 50 <= len(lines) < 60


# ---- with a pencil


def test_the_paper_model(output):
    table, places = [(2, 0), (0, 2), (-1, 1)], [(0, 0), (1, 0)]
    x = [[a + b for a, b in zip(table[n], places[n], strict=True)] for n in (0, 1)]
    means = [x[0], [(a + b) / 2 for a, b in zip(*x, strict=True)]]
    x = [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(x, means, strict=True)]
    x = [[a + max(a - 3, 0) for a in row] for row in x]
    scores = [[float(sum(a * b for a, b in zip(row, t, strict=True))) for t in table] for row in x]
    assert f"scores {scores}" in output
    assert scores == [[10, 0, -5], [5, 6, 0.5]]


# ---- how it begins


def test_what_is_added_grows_with_the_root(output):
    found = dict(re.findall(r"^ ?(\d+ layers, [a-z ]+?) +(\d\.\d+)$", output, re.MULTILINE))
    found = {name: float(value) for name, value in found.items()}
    assert found["32 layers, as it is"] / found["8 layers, as it is"] == pytest.approx(2, abs=0.15)
    assert found["32 layers, as it is"] > 6 * found["32 layers, scaled"]
    assert found["32 layers, scaled"] == pytest.approx(found["8 layers, scaled"], abs=0.005)
    assert found["32 layers, zero"] < 0.03


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_untrained_tied_model_says_itself(seed):
    def itself(**choices):
        torch.manual_seed(seed)
        model = GPT(ModelConfig(vocab_size=500, d_model=64, **choices))
        tokens = torch.arange(500)[:, None]
        with torch.no_grad():
            return (model(tokens).argmax(dim=-1) == tokens).sum().item()

    assert itself() == 500
    assert itself(zero_init=False) > 490
    assert itself(tie_head=False) < 10


# ---- the counts

FILES = {  # of the published files
    "gpt2-124m": 124_439_808,
    "gpt2-355m": 354_823_168,
    "gpt2-774m": 774_030_080,
    "gpt2-1558m": 1_557_611_200,
}
TABLE_D1 = {  # Brown et al. 2020: layers, width, millions
    "small": (12, 768, 125),
    "medium": (24, 1024, 356),
    "large": (24, 1536, 760),
    "XL": (24, 2048, 1320),
    "2.7B": (32, 2560, 2650),
    "6.7B": (32, 4096, 6660),
    "13B": (40, 5120, 12850),
    "175B": (96, 12288, 174600),
}


def gpt3(n_layers, d_model):
    sizes = {"vocab_size": 50_257, "context_length": 2048, "n_layers": n_layers, "n_heads": 1}
    return ModelConfig(**sizes, d_model=d_model, **GPT2_MODEL)


def test_gpt2_has_what_its_files_have(output):
    for name, published in FILES.items():
        assert n_parameters(preset(name).configs(50_257)[0]) == published
        assert f"{published:,}" in output


def test_gpt3_has_what_its_table_says_rounded(output, text):
    for name, (n_layers, d_model, millions) in TABLE_D1.items():
        counted = n_parameters(gpt3(n_layers, d_model))
        by_hand = n_layers * (12 * d_model**2 + 13 * d_model) + (50_257 + 2_048 + 2) * d_model
        assert counted == by_hand
        assert counted / 1e6 == pytest.approx(millions, rel=0.004), name
        if name != "13B":
            assert f"{counted:,}" in output
    wrong = n_parameters(gpt3(40, 5140)) / 1e6
    assert abs(wrong - 12850) > 30 * abs(n_parameters(gpt3(40, 5120)) / 1e6 - 12850)
    assert "One width is a misprint." in text
    with pytest.raises(ConfigError):
        ModelConfig(vocab_size=50_257, d_model=5140, n_heads=40)


def test_attention_is_a_third(output):
    d, n_layers = 12_288, 96
    tables = (50_257 + 2_048) * d
    share = 4 * n_layers * d * d / (12 * n_layers * d * d + tables)
    assert f"attention, at the last: {100 * share:.1f} %" in output
    assert share == pytest.approx(1 / 3, abs=0.002)


def test_looking_overtakes_the_matrices_at_six_widths(output):
    for d in (96, 768, 12_288):
        config = ModelConfig(vocab_size=2, d_model=d, n_heads=1, n_layers=3, context_length=9)
        T = 6 * d
        looking = forward_flops(config, 1, 1, T_k=T) - forward_flops(config, 1, 1, T_k=0)
        matrices = forward_flops(config, 1, 1, T_k=0) - 2 * 2 * d
        assert looking == matrices
        assert f"from T = {T:,}" in re.sub(r"= +", "= ", output)


def test_the_work_of_training_gpt3(output):
    config = gpt3(96, 12_288)
    rule = 6 * n_parameters(config) * 300e9
    counted = 3 * forward_flops(config, 1, 2048) / 2048 * 300e9
    assert f"{rule:.2e}" == "3.14e+23"
    assert f"6 N a token {rule:.2e}, counted {counted:.2e}" in output
    assert 1.02 < counted / rule < 1.04


def test_what_is_said_of_the_shape_map():
    def largest(**sizes):
        return re.search(r"largest array: (\w+)", ShapeMap(**sizes).said)[1]

    assert (largest(), largest(T=256)) == ("logits", "scores")
    assert {ShapeMap(B=B, T=T).parameters for B in (1, 64) for T in (16, 8192)} == {886_144}
    assert len({ShapeMap(n_heads=n).flops for n in CHOICES["n_heads"]}) == 1
    for T in CHOICES["T"]:
        wide = ShapeMap(d_model=12_288, T=T)
        assert wide.steps[4].flops + wide.steps[5].flops < wide.flops / 2


# ---- a trained one


def test_the_story_is_a_story_and_the_librarys(output):
    saved = load_checkpoint(ROOT / "models" / "kingdom")
    model = saved.build_model().double().eval()
    tokens = torch.arange(768)[:, None]
    with torch.no_grad():
        themselves = (model(tokens).argmax(dim=-1) == tokens).sum().item()
    assert f"{themselves} of 768 still say themselves" in output
    assert f"{model.n_parameters():,} parameters" in output
    (story,) = re.findall(r"^The bank in .*?wept\.$", output, re.MULTILINE | re.DOTALL)
    assert is_story(story.replace("\n", " "))


def test_with_gpt2s_files_the_page_shows_its_likeliest_words(
    chapter, page, tmp_path, monkeypatch, capsys
):
    """The cell that waits for a folder `gpt2`, with a small model and a real tokenizer in one."""
    tokenizer = load_checkpoint(ROOT / "models" / "kingdom").tokenizer
    contents = tokenizer.to_dict()
    config = ModelConfig(vocab_size=768, context_length=16, d_model=24, n_heads=3, **GPT2_MODEL)
    torch.manual_seed(1)
    model = GPT(config).eval()
    folder = tmp_path / "gpt2"
    folder.mkdir()
    parts = {name: part.contiguous() for name, part in to_gpt2(model).items()}
    save_file(
        {n: p for n, p in parts.items() if n != "lm_head.weight"}, folder / "model.safetensors"
    )
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2", "n_head": 3}))
    vocabulary = contents["vocabulary"] | contents["specials"]
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    merges = "\n".join(" ".join(pair) for pair in contents["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    (cell,) = [c["source"] for c in chapter if "BPETokenizer.from_gpt2_files" in c["source"]]
    scope = page | {"GPT": GPT, "Path": Path, "folder": folder, "original": model}
    monkeypatch.chdir(tmp_path)
    exec(cell, scope)
    ids = tokenizer.encode("Twinkle, twinkle, little")
    with torch.no_grad():
        likely = model(torch.tensor([ids]))[0, -1].argsort(descending=True)[:5]
    words = [tokenizer.decode([n]) for n in likely.tolist()]
    printed = capsys.readouterr().out
    assert "as written: True" in printed
    assert f"{model.n_parameters():,} {words}" in printed


def test_a_layer_that_was_not_loaded_shows(output):
    gap = re.search(r"one layer not loaded: apart by (\d\.\d)$", output, re.MULTILINE)
    assert float(gap[1]) > 0.1


def test_what_the_sources_say(text):
    assert '"GPT-2 had 1.5 billion parameters. GPT-3 had 175 billion."' in text
    assert '"ChatGPT doesn\'t use just one attention layer, it uses 96 layers"' in text


def test_llamas_four_sizes(solution):
    printed = "\n".join("".join(o.get("text", "")) for c in solution for o in c.get("outputs", []))
    kind = {"mlp": "swiglu", "tie_head": False, "qk_norm": False, "vocab_size": 32_000}
    for n_layers, n_heads, d_model, d_ff in [
        (32, 32, 4096, 11_008), (40, 40, 5120, 13_824), (60, 52, 6656, 17_920), (80, 64, 8192, 22_016)
    ]:  # fmt: skip
        sizes = {"n_layers": n_layers, "n_heads": n_heads, "d_model": d_model, "d_ff": d_ff}
        assert f"{n_parameters(ModelConfig(**sizes, **kind)):,}" in printed
