"""A plugin that takes a name which is taken."""

from plugins.encoders.palette import PaletteEncoder


class Palette(PaletteEncoder):
    """Another palette."""
