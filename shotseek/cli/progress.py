"""Progress bars on stderr, where that is a terminal; nowhere else is anything drawn."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plugins.values import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bars:
    """One bar for each thing that is under way, and a first one while there is none yet."""

    def __init__(self, shown: "Progress", label: str) -> None:
        self._shown = shown
        self._first = shown.add_task(printable(label), total=None)
        self._tasks: dict[str, TaskID] = {}

    def draw(self, key: str, label: str, done: int, total: int) -> None:
        """How far the thing of this key is, of ``total``, 0 where that is unknown."""
        if key not in self._tasks:
            self._shown.update(self._first, visible=False)
            self._tasks[key] = self._shown.add_task("", total=None)
        self._shown.update(
            self._tasks[key], description=printable(label), completed=done, total=total or None
        )

    def end(self, key: str) -> None:
        """The thing of this key is no longer under way, if it ever was."""
        if key in self._tasks:
            self._shown.remove_task(self._tasks.pop(key))


@contextmanager
def bars(label: str) -> Iterator[Bars]:
    """Shows bars while the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False)
    shown = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),  # lines go above the bars, but a file gets them as they are
    )
    with shown:
        yield Bars(shown, label)
