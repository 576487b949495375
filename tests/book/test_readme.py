"""What the README and the front page show is so: their stories are stories, the code runs."""

import re

import pytest

from minigpt import corpus


@pytest.mark.parametrize("name", ["README.md", "intro.md"])
def test_the_quoted_stories_are_stories_of_the_corpus(root, name):
    text = (root / name).read_text(encoding="utf-8")
    quoted = [line[2:] for line in text.splitlines() if line.startswith("> ")]
    assert quoted
    assert [line for line in quoted if not corpus.is_story(line)] == []


def test_the_python_example_runs_and_prints_what_it_says(root, capsys):
    text = (root / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    exec(compile(code, "README.md", "exec"), {})
    shape, tokens = capsys.readouterr().out.splitlines()
    assert shape == "torch.Size([1, 4, 3, 3])"
    assert tokens.startswith("tensor([[1, 2, 3, ")


def test_every_command_shown_is_one_of_the_command_line(root):
    from minigpt.cli import make_parser

    text = (root / "README.md").read_text(encoding="utf-8").replace("\\\n", "")
    commands = re.findall(r"^(?:python|torchrun .*) -m minigpt (\w+)(.*)$", text, re.M)
    assert len(commands) >= 5
    for name, flags in commands:
        make_parser().parse_args([name, *re.sub(r"#.*", "", flags).replace('"', "").split()])
