"""One place of a function's source changed, as hands and eyes do that slip."""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

# What one thing may be mistaken for; each pair goes both ways.
PAIRS = [
    (ast.Add, ast.Sub),
    (ast.Mult, ast.Div),
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.And, ast.Or),
    (ast.BitAnd, ast.BitOr),
    ("max", "min"),
    ("argmax", "argmin"),
    ("sum", "mean"),
    ("any", "all"),
    ("tril", "triu"),
    ("exp", "exp2"),
]
MISTAKEN = dict(PAIRS) | {b: a for a, b in PAIRS}


def spoiled(function: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Compile the source anew for each change; give the changed line, and the function.

    Raises: OSError when there is no source.
    Source: this book.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for position, node in enumerate(ast.walk(tree)):
        for new in changes(node):
            other = copy.deepcopy(tree)
            line = replace(other, list(ast.walk(other))[position], new)
            scope = dict(function.__globals__)
            exec(compile(ast.fix_missing_locations(other), "<mutant>", "exec"), scope)
            yield line, scope[function.__name__]


def replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> str:
    """Put a node in the place of another, and give the statement that it now stands in.

    Raises: nothing.
    Source: this book.
    """
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    statement = above[old]
    while not isinstance(statement, ast.stmt):
        statement = above[statement]
    Replaced(old, new).visit(tree)
    return ast.unparse(statement)


class Replaced(ast.NodeTransformer):
    """A tree in which one node gives its place to another.

    Raises: nothing.
    Source: this book.
    """

    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Visit the tree down to the place.

        Raises: nothing.
        Source: this book.
        """
        return self.new if node is self.old else self.generic_visit(node)


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Give what may stand in the place of a node, one at a time.

    Raises: nothing.
    Source: this book.
    """
    match node:
        case ast.BinOp(left, op, right):
            if not isinstance(op, ast.Add | ast.Mult) and ast.dump(left) != ast.dump(right):
                yield ast.BinOp(right, op, left)
            yield left
            yield from (ast.BinOp(left, other(), right) for other in mistaken(type(op)))
        case ast.BoolOp(op, values):
            yield from (ast.BoolOp(other(), values) for other in mistaken(type(op)))
        case ast.Compare(left, [op], right):
            yield from (ast.Compare(left, [other()], right) for other in mistaken(type(op)))
        case ast.UnaryOp():
            yield node.operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Call(function, arguments, keywords):
            yield from changed_calls(function, arguments, keywords)
        case ast.Attribute(value, "T" | "mT", ast.Load()) | ast.Subscript(value, _, ast.Load()):
            yield value
        case ast.Attribute(value, name, ast.Load()):
            yield from (ast.Attribute(value, other, ast.Load()) for other in mistaken(name))
        case ast.Tuple([first, *rest], ast.Load()) if rest:
            yield ast.Tuple([*rest, first], ast.Load())


def mistaken(thing: Any) -> Iterator[Any]:
    """Give what a kind of operator, or a name, may be mistaken for.

    Raises: nothing.
    Source: this book.
    """
    if thing in MISTAKEN:
        yield MISTAKEN[thing]


def changed_calls(
    function: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]
) -> Iterator[ast.AST]:
    """Give a call with an argument less, or with two exchanged, or what it was called on.

    Raises: nothing.
    Source: this book.
    """
    for i in range(len(keywords)):
        yield ast.Call(function, arguments, keywords[:i] + keywords[i + 1 :])
    if len(arguments) > 1:
        first, second, *rest = arguments
        yield ast.Call(function, [second, first, *rest], keywords)
    if arguments:
        yield arguments[0]
    elif isinstance(function, ast.Attribute):
        yield function.value
