"""Numbers printed to two decimals, some of them wrong; and what is said of the last digit."""

import numpy as np


def misprint(true, off):
    """Print to two decimals, and get some entries wrong by as many hundredths as `off` says."""
    return np.round(np.round(true, 2) + off / 100, 2)


LAST_DIGIT = (
    "Right entries are called wrong, for a machine holds few decimal numbers exactly, and a product "
    "may have more decimals than were printed. How far off may an entry be?"
)
