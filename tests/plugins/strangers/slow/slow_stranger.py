"""A plugin that takes its time to be imported, as those with large libraries do."""

import time

from plugins.encoders.palette import PaletteEncoder

time.sleep(0.5)


class Slow(PaletteEncoder):
    """Good, once it is there."""
