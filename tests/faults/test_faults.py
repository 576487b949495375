"""The short version of every attack, and what the attacks themselves rest on."""

import random

import pytest

from .attacks import ATTACKS, attack
from .damage import damages
from .states import states
from .tally import Row, require, table, write_json

LEAST = {"kills": 25, "signals": 18, "checkpoints": 150, "surroundings": 70, "downloads": 80}


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_is_lost(name):
    rows = attack(name, seed=0, long=False)
    print(table(rows))
    assert [lost for row in rows for lost in row.lost] == []
    assert sum(row.held for row in rows) == sum(row.times for row in rows) >= LEAST[name]


def test_what_is_lost_is_counted_and_said(tmp_path):
    row = Row("a thing", "that it holds")
    for seen in (True, False, True):
        with row.trial("this time"):
            require(seen, "something\nelse")
    assert (row.times, row.held) == (3, 2)
    assert row.lost == ["this time: Lost: something else"]
    assert "LOST a thing: this time" in table([row])
    write_json(str(tmp_path / "rows.json"), [row], long=True)
    assert '"held": 2' in (tmp_path / "rows.json").read_text()


def test_there_are_many_ways_to_damage_a_checkpoint_and_no_two_alike():
    ways = [*damages(random.Random(0), often=1), *states()]
    assert len({way.name for way in ways}) == len(ways) > 300
