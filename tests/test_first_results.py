"""The README's first results, by the README's commands: the whole road, with real settings."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from minigpt import corpus
from minigpt.checkpoint import load_checkpoint
from minigpt.generate import generate
from minigpt.sampling import Sampler
from minigpt.tokenizer import END

ROOT = Path(__file__).parents[1]
SHAKESPEARE = ROOT.parent / "shared" / "data" / "tinyshakespeare.txt"


def minigpt(*arguments: str) -> str:
    """Run the command line as a reader does, on one thread beside the other tests."""
    command = [sys.executable, "-m", "minigpt", *arguments]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=one_thread, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(text: str) -> tuple[float, ...]:
    """Read the last loss, bits a story and floor that a text shows."""
    pattern = r"loss ([\d.]+) nats/token.*\n([\d.]+) bits/story, floor ([\d.]+)"
    return tuple(map(float, re.findall(pattern, text)[-1]))


def share_of_stories(run: Path, n: int) -> float:
    """Sample n stories at temperature 1 and return the share that the parser accepts."""
    saved = load_checkpoint(run)
    end = saved.tokenizer.special_id(END)
    begin = torch.full((n, 1), end)
    rows = generate(saved.build_model(), begin, 63, Sampler(seed=0), stop=(end,)).tolist()
    texts = [saved.tokenizer.decode([i for i in row if i != end]) for row in rows]
    return sum(corpus.is_story(text) for text in texts) / n


def test_the_tiny_preset_writes_stories_of_the_kingdom(tmp_path):
    run = str(tmp_path / "hello")
    printed = minigpt("train", "--preset", "tiny", "--data", "kingdom", "--out", run)
    _, shown, floor = figures((ROOT / "README.md").read_text(encoding="utf-8"))
    _, bits, true_floor = figures(printed)
    assert floor == true_floor and abs(shown - bits) < 0.5  # the README says what one sees
    share = share_of_stories(Path(run), 200)
    print(f"{share:.1%} of 200 sampled stories are stories")
    assert share >= 0.60


@pytest.mark.skipif(not SHAKESPEARE.exists(), reason=f"needs the text at {SHAKESPEARE}")
def test_the_char_preset_learns_shakespeare_in_half_its_steps(tmp_path):
    data, run = ("--data", str(SHAKESPEARE)), str(tmp_path / "char")
    flags = ("--preset", "char", "--seed", "1", "--steps", "1000")
    printed = minigpt("train", *flags, *data, "--out", run)
    assert load_checkpoint(run).build_model().n_parameters() <= 810_000
    result = json.loads(minigpt("evaluate", "--checkpoint", run, *data, "--json"))
    assert result["tokens"] == 111_539  # the last tenth, but for its first character
    assert result["loss"] <= 1.80
    assert f"step 1000: loss {result['loss']:.4f}" in printed
