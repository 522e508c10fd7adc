"""Collections of picked moments, and exports. Part of `VideoLibrary`; see docs/collections.md."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.errors import InvalidValue
from plugins.queries import Hit
from plugins.values import Span, Video, printable
from shotseek.teaching import Place, microseconds

if TYPE_CHECKING:
    from indexer.catalog import Catalog, Collection, CollectionItem, Moment, Pick
    from indexer.media import Limits
    from search.export.editlist import Moment as Picked


class Collecting(ABC):
    """Collections belong to the content of videos: they survive a new index and another path."""

    @property
    @abstractmethod
    def catalog(self) -> "Catalog": ...

    @property
    @abstractmethod
    def limits(self) -> "Limits": ...

    @abstractmethod
    def video(self, name: str | int) -> Video: ...

    @abstractmethod
    def moments(self, places: Iterable[Place]) -> "list[Moment]": ...

    def collections(self) -> "list[Collection]":
        """Every collection, the one that was changed last first."""
        return self.catalog.collections()

    def collection(self, name: str | int) -> "list[CollectionItem]":
        """What is in a collection, in its order.

        Args:
            name: of the collection, or its id

        Raises:
            NotFound
        """
        return self.catalog.collection_items(self.catalog.collection(name).id)

    def new_collection(self, name: str) -> "Collection":
        """
        Raises:
            InvalidValue: no name, too long a one, or there is one of that name
        """
        return self.catalog.new_collection(name)

    def collect(
        self, name: str | int, places: Iterable[Place], *, label: str = "", note: str = ""
    ) -> list[int]:
        """Puts moments at the end of a collection; those that are there already are not put twice.

        Args:
            places: hits; ``VIDEO@START-END``; or ``VIDEO@TIME`` for the whole shot at that time
            label: why they were picked

        Returns:
            the ids of the items

        Raises:
            NotFound: there is no such collection or video, or a video is not so long
            InvalidValue: a place is not given like that
        """
        picks = [self._pick(place, label, note) for place in places]
        return self.catalog.pick(self.catalog.collection(name).id, picks)

    def remove_collection(self, name: str | int) -> None:
        """
        Raises:
            NotFound
        """
        self.catalog.remove_collection(self.catalog.collection(name).id)

    def export(
        self,
        what: "str | int | Sequence[Hit]",
        target: str | os.PathLike[str],
        *,
        form: str | None = None,
        name: str | None = None,
        on_progress: Callable[[float], object] | None = None,
    ) -> list[str]:
        """Writes picked moments into a file that another program opens.

        Args:
            what: the name or id of a collection, or hits
            target: the file; one that is there is replaced. Subclips may be written into a folder instead
            form: name of a format; what the end of the file's name says by default
            name: what the list is called inside the file; for hits also why they were picked
            on_progress: called with the share that is done, 0 to 1

        Returns:
            what was left out and why

        Raises:
            NotFound: there is no such collection or format, or no folder of the target
            InvalidValue: the name of the file says no format, or there is nothing to export
            Unsupported: the extra that the format needs is not installed
            MediaError: a video cannot be decoded
        """
        from indexer.decoder import Decoder
        from search.export.editlist import edit_list
        from search.export.formats import export, format_named, format_of
        from search.export.studio import Studio

        path = Path(target)
        chosen = format_named(form) if form else format_of(os.fspath(target))
        called, moments = self._moments_of(what, name)
        with Decoder(self.limits) as decoder:
            studio = Studio(decoder, self.catalog.roots(), on_progress)
            cuts = edit_list(called, moments, studio.timecodes(moments))
            try:
                if os.fspath(target).endswith("/"):
                    path.mkdir(exist_ok=True)
                export(cuts, chosen, path, studio)
            except OSError as error:
                raise InvalidValue(f"{printable(str(path))} cannot be written: {error.strerror}") from error
        return studio.notes

    def _moments_of(self, what: "str | int | Sequence[Hit]", name: str | None) -> "tuple[str, list[Picked]]":
        from search.export.editlist import of_hits, of_items

        if isinstance(what, str | int):
            head = self.catalog.collection(what)
            return name or head.name, of_items(self.catalog.collection_items(head.id))
        return name or "Hits", of_hits(what, name or "")

    def _pick(self, place: Place, label: str, note: str) -> "Pick":
        from indexer.catalog import Pick

        if isinstance(place, Hit):
            return Pick(place.video.id, place.span, label, note)
        if isinstance(place, str):
            video, at, times = place.rpartition("@")
            start, dash, end = times.partition("-")
            if video and at and dash:
                span = Span(microseconds(start), microseconds(end))
                return Pick(self.video(video).id, span, label, note)
        (moment,) = self.moments([place])
        self.catalog.fingerprint_at(moment)  # says so where there is no such moment
        (shot,) = self.catalog.shots_at([moment])
        return Pick(moment.video_id, self.catalog.shot(shot).span, label, note)
