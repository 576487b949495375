"""Every test, and every notebook, runs as the stored outputs were made."""

import os

import nbval.plugin
import pytest

from tools.notebooks import PINNED

SVG = "image/svg+xml"

os.environ.update(PINNED)

# Under --cov nbval measures in its kernels too, where it waits in vain for the file that
# pytest-cov holds. The tests cover the library; the notebooks need not.
nbval.plugin.setup_coverage = nbval.plugin.teardown_coverage = lambda *_: None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let nbval compare no SVG, as it compares no PNG: last digits belong to the machine."""
    notebook = item.parent
    if isinstance(notebook, nbval.plugin.IPyNbFile) and SVG not in notebook.skip_compare:
        notebook.skip_compare += (SVG,)
