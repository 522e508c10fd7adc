"""Packages that only some installations have: the extras of ``shotseek``."""

from collections.abc import Sequence
from importlib.util import find_spec

from plugins.errors import Unsupported


def need(what: str, extra: str, packages: Sequence[str]) -> None:
    """Says which command installs what is absent.

    Raises:
        Unsupported: one of the packages is
    """
    if not all(map(find_spec, packages)):
        raise Unsupported(
            "%(what)s needs %(packages)s; install them with `python -m pip install 'shotseek[%(extra)s]'`",
            what=what,
            packages=", ".join(packages),
            extra=extra,
        )
