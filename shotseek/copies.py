"""Copies and overlaps inside a library. Part of `VideoLibrary`."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from plugins.values import Video

if TYPE_CHECKING:
    from indexer.catalog import Catalog
    from search.duplicates import Duplicates, Overlap
    from search.engine import Engine


class Copies(ABC):
    """What several videos of a library show; see docs/clips.md."""

    @property
    @abstractmethod
    def catalog(self) -> "Catalog": ...

    @property
    @abstractmethod
    def engine(self) -> "Engine": ...

    @abstractmethod
    def find(self, name: str | int) -> list[Video]: ...

    def duplicates(
        self, *names: str | int, on_progress: Callable[[int, int], object] | None = None
    ) -> "Duplicates":
        """Pieces of two videos that show the same, whatever their codec, size, borders or speed.

        Args:
            names: only what these share with others: id, path, file name or a part of the path; every video
                by default
            on_progress: called with how many videos were looked at, and of how many

        Raises:
            NotFound: there is no such video
        """
        from search.duplicates import Duplicates, Looking, groups

        wanted = [video for name in names for video in self.find(name)] or self._every()
        looking = Looking(self.engine, all_pairs=bool(names))
        found: list[Overlap] = []
        for done, video in enumerate(wanted):
            if on_progress:
                on_progress(done, len(wanted))
            found += looking.of(video)
        return Duplicates(tuple(groups(found)), tuple(looking.notes))

    def _every(self) -> list[Video]:
        count = self.catalog.count_videos()
        return [summary.video for summary in self.catalog.videos(limit=count)]
