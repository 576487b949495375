"""The merge stepper: pairs are merged by button and by choice, undone; another text is written."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import MergeStepper
from minigpt.figures.merge_stepper import shown as token_text

from . import State, texts


def make(state: State) -> MergeStepper:
    return MergeStepper(state["texts"])


def act(home: Locator, state: State) -> Iterator[State]:
    figure = make(state)
    home.get_by_role("button", name="Merge the most frequent").click()
    first = [part.decode("latin-1") for part in figure.counts[0][:2]]
    yield {"merges": [first]}
    figure.merges = [first]
    other = [part.decode("latin-1") for part in figure.counts[1][:2]]
    home.locator(".aw-pairs button").nth(1).press("Enter")
    yield {"merges": [first, other]}
    home.get_by_label("Your text").fill("the herd of é")
    yield {"text": "the herd of é"}
    home.get_by_role("button", name="Back").click()
    yield {"merges": [first]}
    home.get_by_label("no merges across words").uncheck()
    yield {"cut": False, "merges": []}
    home.get_by_label("no merges across words").check()
    yield {"cut": True}
    home.get_by_role("combobox").select_option(index=0)
    yield state


def shown(home: Locator) -> tuple:
    pairs = [text.split("×")[0] for text in texts(home, ".aw-times")]
    return texts(home, ".aw-token"), texts(home, "p[aria-live]"), pairs


def due(figure: MergeStepper) -> tuple:
    tokens = [token_text(part) for parts in figure.pieces for part in parts]
    return tokens, [figure.standing], [str(count) for *_, count in figure.counts[:8]]
