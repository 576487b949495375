"""In a real JupyterLab with a kernel: figure and Python tell each other, a check names a mistake."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import pytest
from answers import ANSWERS
from working import figure_of, kinds, picture, stored_states

from minigpt.exercises import record
from minigpt.exercises.registry import EXERCISES
from tools.stored import ROOT, read

PATIENCE = 90  # seconds: as long as a slow machine may take for one step
WHOLE = 300  # and for all cells of a chapter that are run
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

# In the page: run what `act` starts, but do not wait for ever.
WITHIN = """(act, seconds) => Promise.race([act, new Promise((_, reject) =>
  setTimeout(() => reject(new Error("Lab took too long")), 1000 * seconds))])"""
MODEL = "jupyterapp.shell.currentWidget.content.widgets[i].model"
OPEN = "(path) => jupyterapp.commands.execute('docmanager:open', { path }).then(() => null)"
READY = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
RUN = """([indices, patience]) => {
  const { content } = jupyterapp.shell.currentWidget;
  content.activeCellIndex = indices[0];
  indices.forEach((i) => content.select(content.widgets[i]));
  return within(jupyterapp.commands.execute("notebook:run-cell"), patience);
}"""
CLOSE = """async () => {
  const { currentWidget } = jupyterapp.shell;
  await currentWidget.sessionContext.shutdown();
  currentWidget.dispose();
}"""
ASK = """async ([code, patience]) => {
  const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
  const request = kernel.requestExecute({ code, store_history: false });
  const told = [];
  request.onIOPub = ({ header, content }) => told.push([header.msg_type, content.text]);
  await within(request.done, patience);
  const outputs = ["stream", "display_data", "execute_result", "error"];
  return told.filter(([kind]) => outputs.includes(kind));
}"""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def its_own(home):
    """The environment of a Lab that reads nobody's settings and leaves nothing behind.

    One thread, since another worker tests beside it.
    """
    for name, settings in SETTINGS.items():
        path = home / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings), encoding="utf-8")
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        record.VARIABLE: "progress",
    }
    places = {name: str(home / folder) for name, folder in folders.items()}
    return {**os.environ, **places, "OMP_NUM_THREADS": "1"}


def wait_for_answer(address, server, log):
    end = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < end:
        try:
            return urllib.request.urlopen(address).close()
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: {log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """The address of a JupyterLab on a copy of the chapters, and of what they read."""
    home = tmp_path_factory.mktemp("lab")
    for folder in ("chapters", "models", "appendices"):
        shutil.copytree(ROOT / folder, home / folder)
    port, log = free_port(), home / "log"
    options = [
        *("--no-browser", "--allow-root", "--expose-app-in-browser", "--IdentityProvider.token="),
        *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={home / 'chapters'}", "--LabApp.news_url=None"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    command, env = [Path(sys.executable).with_name("jupyter-lab"), *options], its_own(home)
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=home, env=env, stdout=out, stderr=out)
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/api", server, log)
        yield f"http://127.0.0.1:{port}/lab"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


@pytest.fixture(scope="module")
def page(browser, lab):
    """JupyterLab, in which one chapter after another is opened."""
    page = browser.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(lab)
    page.wait_for_function("window.jupyterapp?.shell.isEmpty('main') === false")
    page.evaluate(f"() => {{ window.within = {WITHIN} }}")
    yield page
    page.close()


@pytest.fixture(scope="module", params=ANSWERS)
def chapter(page, request):
    """A chapter, open in Lab with what its figures need run: the page, and its name."""
    page.evaluate(OPEN, f"{request.param}.ipynb")
    page.wait_for_function(READY)
    page.evaluate(RUN, [needed(request.param), WHOLE])
    yield page, request.param
    page.evaluate(CLOSE)


def cells(page):
    return page.locator(".jp-Notebook-cell")


def eventually(page, read, due):
    """What happens in the kernel takes its time to be seen in the page, and the other way round."""
    end = time.monotonic() + PATIENCE
    while (seen := read()) != due and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert seen == due


def printed(page, source):
    """What the chapter's kernel prints for it, as for a cell, but quicker than Lab adds one."""
    outputs = page.evaluate(ASK, [source, PATIENCE])
    assert [kind for kind, _ in outputs if kind != "stream"] == [], source
    return "".join(text for _, text in outputs)


def figures_in(name):
    """The cells with a figure: index, kind, and state."""
    for index, cell in enumerate(read(ROOT / "chapters" / f"{name}.ipynb").cells):
        for output in cell.get("outputs", []):
            for kind, state in stored_states(output.get("data", {}).get("text/html", "")):
                yield index, kind, state


def checked_in(name):
    """The cell that checks the chapter's exercise in ANSWERS; the answer stands before it."""
    id, function, *_ = ANSWERS[name]
    cells = enumerate(read(ROOT / "chapters" / f"{name}.ipynb").cells)
    (index,) = [i for i, cell in cells if cell.source == f'check("{id}", {function})']
    return index


def needed(name):
    """The cells up to the last figure but the quiz; and the quiz, and the exercise."""
    cells = enumerate(read(ROOT / "chapters" / f"{name}.ipynb").cells)
    figures = {index: kind for index, kind, _ in figures_in(name)}
    last = max((index for index, kind in figures.items() if kind != "quiz"), default=0)
    imports = [i for i, cell in cells if cell.source.startswith("from minigpt.exercises import")]
    check = checked_in(name)
    return sorted({*range(last + 1), *imports, check - 1, check, *figures})


def work(page, name, index, kind, first):
    """Act in a figure and ask Python for the traits; then set them in Python, and look."""
    home, figure, state = cells(page).nth(index).locator(".aw-figure"), kinds()[kind], first
    out = f"Out[{page.evaluate(f'(i) => {MODEL}.executionCount', index)}]"

    def traits(names):
        got = f"{{name: getattr({out}, name) for name in {names}}}"
        return json.loads(printed(page, f"import json; print(json.dumps({got}))"))

    home.scroll_into_view_if_needed()
    assert figure.shown(home) == figure.due(figure_of(kind, first))
    for changed in figure.act(home, first):
        state = state | changed
        eventually(page, partial(traits, [*changed]), changed)
        assert figure.shown(home) == figure.due(figure_of(kind, state))
    picture(home, f"lab {name} {kind}")
    assert printed(page, f"for name, value in {first!r}.items(): setattr({out}, name, value)") == ""
    eventually(page, lambda: figure.shown(home), figure.due(figure_of(kind, first)))


def test_python_sees_what_is_done_and_what_python_sets_is_seen(chapter):
    page, name = chapter
    for index, kind, state in figures_in(name):
        work(page, name, index, kind, state)


def verdict(page, stub, answer):
    """Write an answer into its cell, run it and the check below it, and read the box."""
    cells(page).nth(stub).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(answer)
    assert page.evaluate(f"(i) => {MODEL}.sharedModel.source", stub) == answer
    box = cells(page).nth(stub + 1).locator("[role=status]")
    before = box.element_handle()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    page.wait_for_function("(box) => !box.isConnected", arg=before)
    return box.text_content()


def test_an_exercise_is_worked(chapter):
    page, name = chapter
    id, function, answer, right, wrong = ANSWERS[name]
    check = checked_in(name)
    said = verdict(page, check - 1, answer.replace(right, wrong))
    assert said.startswith(f"✗ {id}, {function}: not yet")
    messages = [re.sub(r"[`*]", "", slip.message) for slip in EXERCISES[id].slips]
    assert [message for message in messages if message in said]
    said = verdict(page, check - 1, answer)
    assert said.startswith(f"✓ {id}, {function}: passed")
    picture(cells(page).nth(check), f"lab {name} {id}")
