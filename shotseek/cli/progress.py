"""A progress bar on stderr, where that is a terminal; nowhere else is anything drawn."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from plugins.values import printable

Draw: TypeAlias = Callable[[str, int, int], None]
"""what is being done, how much of it is done, and of how much; 0 where that is unknown"""


@contextmanager
def bar(label: str) -> Iterator[Draw]:
    """Shows a bar while the block runs, which is given the function that draws it."""
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
        redirect_stdout=sys.stdout.isatty(),  # lines go above the bar, but a file gets them as they are
    )
    with shown:
        task = shown.add_task(label, total=None)

        def draw(label: str, done: int, total: int) -> None:
            shown.update(task, description=printable(label), completed=done, total=total or None)

        yield draw
