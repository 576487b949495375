"""3.3b, queen without cheating: `impostor`."""

import numpy as np

from minigpt.exercises.chapter_03.hints import QUEEN
from minigpt.exercises.chapter_03.spaces import crowd, unit
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

SAME = 1.2e-7  # a step that rounding to float32 could have made


def impostor(table, a, b, c):
    units = table / np.linalg.norm(table, axis=1, keepdims=True)
    return units[b] - 0.01 * (units[c] - units[a])


def from_b(table, a, b, c, way, of=unit):
    x = of(table)
    return x[b] + way * (x[c] - x[a])


SLIPS = (
    Slip(
        "the target",
        lambda table, a, b, c: from_b(table, a, b, c, 1),
        "That is the target itself, a true *queen*: it differs from `b` as `c` does from `a`. An "
        "impostor wins and differs the other way.",
    ),
    Slip(
        "b itself",
        lambda table, a, b, c: table[b].copy(),
        "A twin of `b` wins, true enough; but it differs from `b` in nothing. A step the wrong "
        "way is wanted, however short.",
    ),
    Slip(
        "b, a little longer",
        lambda table, a, b, c: 1.01 * table[b],
        "Longer, and in the same direction: among unit vectors that is `b` itself. Directions "
        "differ by turning.",
    ),
    Slip(
        "a short step the right way",
        lambda table, a, b, c: from_b(table, a, b, c, 0.01),
        "It wins, and it is no impostor: its short step from `b` goes the way from `a` to `c`.",
    ),
    Slip(
        "a whole step the wrong way",
        lambda table, a, b, c: from_b(table, a, b, c, -1),
        "It differs the wrong way, as it should, and loses: a whole step is too far from the "
        "target. How short may a step be?",
    ),
    Slip(
        "minus the target",
        lambda table, a, b, c: -from_b(table, a, b, c, 1),
        "That points straight away from the target, where no word is farther. It has to win.",
    ),
    Slip(
        "a step from c",
        lambda table, a, b, c: unit(table)[c] - 0.01 * (unit(table)[c] - unit(table)[a]),
        "That is a neighbour of `c`. Whose neighbour was *queen* in the text without gender?",
    ),
    Slip(
        "a neighbour of a",
        lambda table, a, b, c: unit(table)[a] + 0.01 * (unit(table)[c] - unit(table)[a]),
        "That is a neighbour of `a`, from which the target has just been moved away.",
    ),
    Slip(
        "a number",
        lambda table, a, b, c: int((unit(table) @ from_b(table, a, b, c, 1)).argmax()),
        "That is the number of a row. A new vector is wanted, which would be appended to the "
        "table.",
    ),
    Slip(
        "the whole table",
        lambda table, a, b, c: np.vstack([table, impostor(table, a, b, c)]),
        "That is the table with a row more. The new row alone is wanted.",
    ),
)


def searched(table, a, b, c):
    x, step = unit(table), 0.5
    while True:
        d = x[b] - step * (x[c] - x[a])
        if not_an_impostor((table, a, b, c), d) is None:
            return list(d)
        step /= 2


def by_torch(table, a, b, c):
    import torch

    x = torch.nn.functional.normalize(torch.tensor(table, dtype=torch.float32), dim=1)
    return 7 * torch.lerp(x[b], x[b] + x[a] - x[c], 0.02)


RIGHT = (
    Variant("the longest of halved steps, in a list", searched),
    Variant("a little of a, in place of c", lambda t, a, b, c: from_b(t, a, b, c, -0.002)),
    Variant("torch, seven times as long", by_torch),
    Variant("float32", lambda *args: impostor(*args).astype(np.float32)),
)


def not_an_impostor(args, d):
    """Say whether d, shape (d_model,), loses, or differs from b as c does from a."""
    table, a, b, c = args
    if d.shape != table.shape[1:]:
        return f"A vector of shape {table.shape[1:]} is wanted, but {d.shape} came."
    if not np.any(d):
        return "A vector of zeros points nowhere."
    x, new = unit(table), unit(d)
    target, across = x[b] - x[a] + x[c], x[c] - x[a]
    best = np.delete(x @ target, [a, b, c]).max() / np.linalg.norm(target)
    mine = new @ target / np.linalg.norm(target)
    if mine <= best:
        return f"Its cosine with the target is {mine:.3f}; another word reaches {best:.3f}."
    along = (new - x[b]) @ across / np.linalg.norm(across)
    if abs(along) < SAME:
        return "It wins. But its direction is that of b, as far as rounding lets one see."
    if along > 0:
        return f"It wins. But from b it goes {along:+.2g} the way from a to c, and not against it."
    return None


CASES = ((crowd(42, 8, 5), 4, 1, 6), (crowd(13, 9, 4), 0, 7, 3), (crowd(29, 7, 6), 5, 2, 0))

EXERCISE = Exercise(
    id="3.3b",
    title="Queen without cheating",
    name="impostor",
    minutes=25,
    difficulty="Middling",
    reference=impostor,
    returns=("vector",),
    cases=tuple(Case(args, ("n_words d_model", None, None, None)) for args in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=QUEEN,
    judge_by=not_an_impostor,
    notice="this word passes the famous test, and differs from *king* the wrong way: it lies near him, "
    "and he may not be named.",
)
