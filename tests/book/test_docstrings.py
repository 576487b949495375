"""Every public name of the library says what it does, what it raises, and where it comes from."""

import ast
import re
from collections.abc import Iterator

import pytest

from tools.stored import ROOT

LIBRARY = ROOT / "lib" / "minigpt"
# The functions of exercises/chapter_NN are answers, right and wrong: their entries name them.
MODULES = sorted(
    path
    for path in LIBRARY.rglob("*.py")
    if path.name != "__main__.py" and "/exercises/chapter_" not in path.as_posix()
)
SHAPED = re.compile(r"""\w+\[[^\[\]]*["'][^"']*["']\s*\]""")  # Float[Tensor, "B T d_model"]
BARE = re.compile(r"\b(?:Tensor|ndarray|NDArray|ArrayLike|Float|Int|Bool)\b")
A_SHAPE = re.compile(r"\([\w.*]+(?:, ?[\w.*]+)*,?\)|\b[Ss]hape\b|\bscalar\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """Functions, classes and methods; an error class is named and described, which is all."""
    for node in body:
        named = isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_")
        if named and not node.name.endswith("Error"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def parameters(function: Function) -> list[ast.arg]:
    a = function.args
    every = [*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg]
    return [p for p in every if p is not None and p.arg not in ("self", "cls")]


def checks_itself(node: ast.ClassDef) -> bool:
    made = {"__init__", "__post_init__"}
    return any(isinstance(n, Function) and n.name in made for n in node.body)


def missing(doc: str, words: list[str]) -> list[str]:
    return [f"has no {word!r}" for word in words if word not in doc]


def faults(node: ast.stmt) -> Iterator[str]:
    doc = ast.get_docstring(node) or ""
    if not doc:
        yield "has no docstring"
        return
    if isinstance(node, ast.ClassDef):
        yield from missing(doc, ["Raises:", "Source:"] if checks_itself(node) else ["Source:"])
        return
    yield from missing(doc, ["Raises:", "Source:"])
    yield from (f"{p.arg} is not annotated" for p in parameters(node) if p.annotation is None)
    if node.returns is None:
        yield "its result is not annotated"
    annotations = [p.annotation for p in parameters(node)] + [node.returns]
    bare = SHAPED.sub("", " ".join(ast.unparse(a) for a in annotations if a is not None))
    if BARE.search(bare) and not A_SHAPE.search(doc):
        yield "takes or gives an array whose shape is not said"


def all_faults(source: str) -> list[str]:
    names = public(ast.parse(source).body)
    return [f"{name} {fault}" for name, node in names for fault in faults(node)]


def test_there_are_modules():
    assert MODULES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_every_public_name_is_documented(path):
    found = all_faults(path.read_text(encoding="utf-8"))
    assert not found, "\n".join([str(path.relative_to(ROOT)), *found])


GOOD = '''
def softmax(scores: Float[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """Rows that sum to 1.

    Raises: nothing.
    Source: this book.
    """
'''


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (GOOD, []),
        (GOOD.replace("softmax", "_softmax").replace("Raises", ""), []),
        (GOOD.replace("Raises: nothing.", ""), ["softmax has no 'Raises:'"]),
        (GOOD.replace("Source: this", "This"), ["softmax has no 'Source:'"]),
        (GOOD.replace(' -> Float[Tensor, "B T"]', ""), ["softmax its result is not annotated"]),
        ("def f(x: int) -> int:\n    return x", ["f has no docstring"]),
        (
            GOOD.replace('Float[Tensor, "B T"]', "Tensor"),
            ["softmax takes or gives an array whose shape is not said"],
        ),
        (GOOD.replace('Float[Tensor, "B T"]', "Tensor").replace("sum", "(B, T) sum"), []),
        ("class C:\n    def m(self): ...", ["C has no docstring", "C.m has no docstring"]),
        ("class C:\n    def __len__(self): ...", ["C has no docstring"]),
        ('class C:\n    """Source: this book."""', []),
        (
            'class C:\n    """Source: this book."""\n    def __init__(self): ...',
            ["C has no 'Raises:'"],
        ),
    ],
)
def test_the_check_sees_what_is_missing(source, expected):
    assert all_faults(source) == expected
