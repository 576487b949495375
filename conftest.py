"""Every test, and every notebook, runs as the stored outputs were made."""

import os

from tools.notebooks import PINNED

os.environ.update(PINNED)
