"""The attacks by name."""

import random
import tempfile
from pathlib import Path

from .disk import disk
from .downloads import downloads
from .kills import kills
from .large import large
from .signals import signals
from .spoilt import spoilt
from .tally import Row
from .texts import texts

ATTACKS = {
    "kills": (kills,),
    "signals": (signals,),
    "checkpoints": (spoilt,),
    "surroundings": (disk, texts, large),
    "downloads": (downloads,),
}


def attack(name: str, seed: int, long: bool) -> list[Row]:
    """Run an attack in a folder of its own, which is gone afterwards."""
    rows = []
    for part in ATTACKS[name]:
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            rows += part(Path(folder), random.Random(seed), long)
    return rows
