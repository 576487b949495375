"""Each rule of the linter rejects a notebook that breaks it, and only it."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.linter import RULES, check_book, check_notebook
from tools.notebooks import main
from tools.stored import WIDGET_VIEW, normalise, read, stored_text

PICTURE = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 640x480 with 1 Axes>"}
ALT = {"mystnb": {"image": {"alt": "Two vectors and the mixture between them."}}}
SHOWN = "weights [0.3600 -0.40]\nsum 1.\nrest 1,234.5 and 2.5e-03\n"


def code(source="print(weights)", out=None, count=1, data=None, **more):
    outputs = [new_output("stream", name="stdout", text=out)] if out else []
    outputs += [new_output("display_data", data=data)] if data else []
    return new_code_cell(source, execution_count=count, outputs=outputs, **more)


def store(folder, *cells, name="05_three_lines.ipynb"):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(stored_text(normalise(new_notebook(cells=list(cells)), path)))
    return path


def html(page):
    return code(data={"text/html": page})


def error():
    return new_output("error", ename="ShapeError", evalue="q and k differ", traceback=["…"])


def test_a_good_notebook_has_no_problems(tmp_path):
    path = store(
        tmp_path / "chapters",
        new_markdown_cell("# 5. Three lines\n\nThe weight is $0.36$ and −0.4 {cite:t}`bahdanau`."),
        code(out=SHOWN),
        code(""),
        code("plot()", count=2, data=PICTURE, metadata=ALT),
        code('Quiz("""' + "A line\n\n" * 40 + '""")\nprint(x)', out="0.5\n", count=3),
        new_code_cell(
            "attend(q, k)",
            execution_count=4,
            outputs=[error()],
            metadata={"tags": ["raises-exception"]},
        ),
        html('<svg role="img" aria-label="A map"></svg><svg><title>x</title></svg>'),
    )
    book = read(path)
    book.cells[2].execution_count = None  # empty, never run
    book.cells[6].execution_count = 5
    path.write_text(stored_text(book))
    assert check_notebook(path) == []


A_QUIZ = "What does *cat* take?\n(x) A weight of 0.37\n"
BROKEN = {
    "counts_in_order": [
        [code(count=None)],
        [code(count=2)],
        [code(), code(count=3)],
    ],
    "errors_are_meant": [
        [new_code_cell("1 / 0", execution_count=1, outputs=[error()])],
        [code(out="no error\n", metadata={"tags": ["raises-exception"]})],
    ],
    "outputs_are_clean": [
        [
            new_code_cell(
                "x", execution_count=1, outputs=[new_output("stream", text="x", name="stderr")]
            )
        ],
        *(
            [code(out=text + "\n")]
            for text in (
                "cell.py:3: RuntimeWarning: overflow",
                "<Model at 0x7f31c0ffee>",
                " 40%|####      | 4/10",
                "step 1\rstep 2",
                "took 12.5 ms",
                "took 3.1 s",
                "100 it/s",
                "saved to /home/ada/model",
                "C:\\Users\\ada",
            )
        ),
        [html("<p>12 seconds</p>")],
    ],
    "nothing_is_hidden": [
        [code(metadata={"tags": ["nbval-skip"]})],
        [code(metadata={"tags": ["remove-output"]})],
        [code("# NBVAL_IGNORE_OUTPUT\nprint(1)")],
    ],
    "images_have_words": [
        [code(data=PICTURE, out="0.5\n")],
        [code(data=PICTURE, metadata=ALT)],
        [code(data=PICTURE, metadata=ALT), code(count=2), code(count=3, out="0.5\n")],
    ],
    "html_has_words": [
        [html("<svg><path d=''/></svg>")],
        [html("<img src='x.png'>")],
        [code(data={"text/html": '<figure class="aw-figure">0.5</figure>', "text/plain": " "})],
    ],
    "syntax_is_shared": [
        [new_markdown_cell("```{eval-rst}\n```")],
        [new_markdown_cell(":::{margin}\n:::")],
        [new_markdown_cell("See {func}`softmax`.")],
    ],
    "size_is_kept": [
        [new_markdown_cell("Text.") for _ in range(61)],
        [code("\n".join(f"x{i} = {i}" for i in range(21)))],
        [code('"""a"""\n' + "x = 1\n" * 20 + '"""b"""')],
    ],
    "words_are_ours": [
        [new_markdown_cell(f"This is {word} so.")]
        for word in ("simply", "Just", "obviously", "powerful", "let's dive in")
    ]
    + [[new_markdown_cell("````{exercise} 1\nSimply so.\n```{note}\nA note.\n```\n````")]]
    + [[code('Quiz("""\nIs it so?\n( ) It is simply so\n""")')]],
    "numbers_are_shown": [
        [new_markdown_cell(text), code(out=SHOWN)]
        for text in (
            "The weight is 0.37.",
            "In a formula $w = 0.37$ too.",
            "In `code`, 0.37.",
            "| a | 0.37 |",
            "Rounded, 0.4.".replace("0.4", "0.357"),
            "The sign: $-0.36$.",
            "```{note}\nIn a box, 0.37.\n```",
            "As {math}`0.37` too.",
            "1,234.6 in all.",
        )
    ]
    + [[code(f'Quiz("""{A_QUIZ}""")', out=A_QUIZ)], [code('Quiz("""\n0.37""")', out=SHOWN)]],
}


@pytest.mark.parametrize(
    ("rule", "cells"), [(rule, cells) for rule in BROKEN for cells in BROKEN[rule]]
)
def test_each_rule_rejects_what_breaks_it_and_no_other_does(rule, cells):
    notebook = new_notebook(cells=cells)
    found = {check.__name__ for check in RULES if list(check(notebook))}
    assert found == {rule}


def test_every_rule_has_a_notebook_that_breaks_it():
    assert set(BROKEN) == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize(
    "text",
    [
        "The weight is 0.36, or 0.3600; the other $-0.40$.",
        "Taken away: $1 - 0.4$ and 1-0.4 and 0.36-0.4.",
        "In all 1,234.5, and $2.5 \\times 10^{-3}$.",
        "> It prints 0.99.\n\nNo more.",
        'The article has “0.12, 0.99” there, or "0.99".',
        "Section 3.2.1, §3.2, exercises 5.1 and 5.2, Python 3.11, GPT-3.5.",
        "[here](https://example.org/v0.99) and {cite:t}`smith0.99`",
        "```{figure} x.svg\n:width: 0.99\n\nA caption.\n```",
        "Adjust justice; a powerfully named `just`, and > simply quoted: “simply”.",
    ],
)
def test_what_is_shown_quoted_or_pointed_at_is_no_problem(text):
    notebook = new_notebook(
        cells=[new_markdown_cell(text.replace("> simply", "")), code(out=SHOWN)]
    )
    assert [problem for rule in RULES for problem in rule(notebook)] == []


def test_a_number_in_a_script_or_a_drawing_is_not_shown():
    page = "<script>0.77</script><svg aria-hidden='true' width='0.77'></svg><p>0.55</p>"
    notebook = new_notebook(cells=[new_markdown_cell("0.55 and 0.77"), html(page)])
    problems = [text for rule in RULES for _, text in rule(notebook)]
    assert problems == ["the number 0.77 stands in no output of this notebook"]


def test_a_notebook_in_another_form_is_rejected(tmp_path):
    path = store(tmp_path / "chapters", code(out=SHOWN))
    notebook = read(path)
    notebook.cells[0].id = "by-hand"
    path.write_text(stored_text(notebook))
    assert check_notebook(path) == [
        "chapters/05_three_lines.ipynb: not as `make notebooks` stores it; run that"
    ]


def test_ids_are_unique_over_the_book(tmp_path):
    chapter = store(tmp_path / "chapters", code(out=SHOWN))
    solution = store(tmp_path / "solutions", code(out=SHOWN))
    assert check_book([chapter, solution]) == []
    twin = store(tmp_path / "other", code(out=SHOWN))
    assert check_book([chapter, twin]) == ["2 cells share the id 05-three-lines-01"]


def test_normalising_keeps_what_matters_and_drops_what_differs(tmp_path):
    notebook = new_notebook(
        cells=[
            code(data={WIDGET_VIEW: {"model_id": "a1b2"}, "text/html": "<p>0.5</p>"}),
            new_code_cell(
                "1 / 0\n",
                outputs=[error()],
                metadata={"tags": ["x"], "execution": {"iopub.status.busy": "now"}},
            ),
            new_code_cell("plot()", metadata={"tags": ["hide-input"]}),
        ],
        metadata={"widgets": {"state": 1}},
    )
    once = normalise(notebook, tmp_path / "solutions" / "05_three_lines.ipynb")
    assert once.cells[0].outputs[0].data == {"text/html": "<p>0.5</p>"}
    assert once.cells[1].outputs[0].traceback == ["ShapeError: q and k differ"]
    assert (once.cells[1].metadata, once.cells[1].source) == ({"tags": ["x"]}, "1 / 0")
    assert [cell.id for cell in once.cells] == [
        "05-three-lines-solution-01",
        "05-three-lines-solution-02",
        "05-three-lines-solution-03",
    ]
    assert once.cells[2].metadata == {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    assert "widgets" not in once.metadata


def test_a_second_run_changes_no_byte_and_the_command_reports(tmp_path, capsys):
    path = store(
        tmp_path / "chapters",
        new_markdown_cell("# A title\n\nThe sum is 1.5."),
        code("print(0.5 + 1.0)", count=None),
        code("import sys; print({1, 2}, end='')\nprint('x')", count=None),
        code("1 / 0", count=None, metadata={"tags": ["raises-exception"]}),
        code(
            "import matplotlib.pyplot as plt\nplt.plot([0, 1])\nplt.show()\nprint(1)", metadata=ALT
        ),
    )
    assert main(["--check", str(path)]) == 1
    assert "execution count None, not 1" in capsys.readouterr().out
    assert main([str(path)]) == 0
    first = path.read_bytes()
    assert main([str(path)]) == 0
    assert path.read_bytes() == first
    assert capsys.readouterr().out.endswith("In order: 1 notebooks.\n")
