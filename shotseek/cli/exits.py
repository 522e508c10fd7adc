"""The exit codes, in one place. `docs/cli.md` is written from this table."""

from enum import IntEnum

from plugins.errors import (
    LibraryError,
    MediaError,
    NotFound,
    PluginError,
    PullFailed,
    ShotseekError,
    Unsupported,
)


class Exit(IntEnum):
    """What the command ended as; the docstring of each is what the manual says."""

    DONE = 0
    """Done. For `index` also when single files failed: they are listed, and `shotseek problems` keeps them.
    For `search` also when nothing was found."""
    INTERNAL = 1
    """A mistake of Shotseek's own; `shotseek --debug …` shows where."""
    USAGE = 2
    """What was asked makes no sense: an unknown option, an empty query, a picture that is
    none, a setting that cannot be."""
    NOT_FOUND = 3
    """No such file, folder, video, shot or library, or no video in a folder."""
    LIBRARY = 4
    """The library cannot be used as it is: busy, damaged, made by a newer version. `doctor` found errors."""
    PLUGIN = 5
    """A plugin is unknown, broken, lacks its weights, or cannot do what it was asked."""
    MEDIA = 6
    """A clip given as a query cannot be decoded, or `index` could use none of the files."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C or SIGTERM. What was finished is kept."""
    BROKEN_PIPE = 141
    """Whoever read the output stopped reading."""


_CODES: dict[type[ShotseekError], Exit] = {
    NotFound: Exit.NOT_FOUND,
    LibraryError: Exit.LIBRARY,
    PluginError: Exit.PLUGIN,
    Unsupported: Exit.PLUGIN,
    PullFailed: Exit.PLUGIN,
    MediaError: Exit.MEDIA,
}


def code_of(error: ShotseekError) -> Exit:
    """The exit code of an error; what is not in the table is a mistake in what was asked."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), Exit.USAGE)
