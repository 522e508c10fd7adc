"""A plugin whose own dependency is not installed."""

import a_library_that_nobody_installed as library  # type: ignore[import-not-found]

Encoder = library.Encoder
