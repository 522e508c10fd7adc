"""What a person teaches a library: marks, concepts, tags, and labels from a list. Part of `VideoLibrary`."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from plugins.errors import InvalidValue
from plugins.queries import Filters, Hit
from plugins.values import SECOND, Span, Video, printable
from shotseek.settings import Settings

if TYPE_CHECKING:
    from indexer.catalog import Catalog, ConceptRecord, LabelCount, Mark, Moment, Tag
    from search.engine import Engine
    from search.labels import Labelled

_TIME = re.compile(r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d{1,6})?)$", re.ASCII)

Place: TypeAlias = "str | Hit | Moment"
"""A moment as it is given: ``VIDEO@TIME``, a hit, or a row and microseconds."""


class Teaching(ABC):
    """Everything here survives a new index, another path and another encoder; see docs/teaching.md."""

    settings: Settings

    @property
    @abstractmethod
    def catalog(self) -> "Catalog": ...

    @property
    @abstractmethod
    def engine(self) -> "Engine": ...

    @abstractmethod
    def video(self, name: str | int) -> Video: ...

    def mark(self, query: str, *, right: Iterable[Place] = (), wrong: Iterable[Place] = ()) -> None:
        """Says which moments answer a query and which do not; the next search for it knows.

        Args:
            query: as it was typed; filters in it do not count
            right, wrong: hits, or ``VIDEO@TIME``

        Raises:
            InvalidQuery: the query cannot be marked: a sequence, or not of words
            NotFound: there is no such video, or it is not so long
        """
        from search.teach import asked

        name = asked(query)
        said = [(self.moments(right), True), (self.moments(wrong), False)]
        for moments, is_right in said:
            self.catalog.mark(name, moments, is_right)

    def unmark(self, query: str, places: Iterable[Place] | None = None) -> int:
        """Takes back what was said of moments, or all that was said of a query.

        Returns:
            how many marks are gone

        Raises:
            InvalidQuery, NotFound: see `mark`
        """
        from search.teach import asked

        return self.catalog.unmark(asked(query), None if places is None else self.moments(places))

    def marks(self, query: str | None = None) -> "list[Mark]":
        """What was said of the answers to one query, or to all.

        Raises:
            InvalidQuery: see `mark`
        """
        from search.teach import asked

        return self.catalog.marks(None if query is None else asked(query))

    def save_concept(
        self,
        name: str,
        *,
        query: str | None = None,
        right: Iterable[Place] = (),
        wrong: Iterable[Place] = (),
        words: str | None = None,
    ) -> "ConceptRecord":
        """Adds examples to a concept, or makes it; any query may then say ``concept:"name"``.

        Args:
            query: whose marks become examples, and whose text the words of the concept
            words: what it shows, for encoders that read text

        Raises:
            InvalidValue: no name, or no example of what it is
            InvalidQuery, NotFound: see `mark`
        """
        from search.concepts import teach

        return teach(
            self.catalog,
            name,
            query=query,
            right=self.moments(right),
            wrong=self.moments(wrong),
            words=words,
        )

    def concepts(self) -> "list[ConceptRecord]":
        """Every concept, by name."""
        return self.catalog.concepts()

    def concept(self, name: str) -> "ConceptRecord":
        """
        Raises:
            NotFound
        """
        return self.catalog.concept(name)

    def remove_concept(self, name: str) -> None:
        """
        Raises:
            NotFound
        """
        self.catalog.remove_concept(name)

    def export_concepts(self, names: Sequence[str] = (), *, pictures: bool = False) -> dict[str, Any]:
        """Concepts as a JSON document, for `import_concepts` of any library.

        Args:
            names: all by default
            pictures: with a small picture of each example, so that libraries without the videos can use it

        Raises:
            NotFound: there is no such concept
        """
        from search.concepts import export, picture_by

        chosen = [self.concept(name) for name in names] if names else self.concepts()
        return export(chosen, picture_by(self.engine) if pictures else None).model_dump(mode="json")

    def import_concepts(self, document: object, *, replace: bool = False) -> list[str]:
        """Keeps exported concepts.

        Args:
            replace: those of the same name, which are otherwise an error

        Returns:
            their names

        Raises:
            InvalidValue: it is no such document, or there is a concept of that name; nothing was kept
        """
        from search.concepts import take

        return take(self.catalog, document, replacing=replace)

    def add_tag(self, video: str | int, text: str, span: Span | None = None) -> None:
        """Gives a tag to a video, or to a span of it.

        Raises:
            InvalidValue: no text, or too much
            NotFound: there is no such video, or it is not so long
        """
        self.catalog.add_tag(self.video(video).id, text, span)

    def remove_tag(self, video: str | int, text: str, span: Span | None = None) -> None:
        """Takes a tag back: from a span, or from the video and every span of it.

        Raises:
            NotFound: there is no such video, or no such tag there
        """
        self.catalog.remove_tag(self.video(video).id, text, span)

    def tags(self, video: str | int | None = None) -> "list[Tag]":
        """The tags of one video, or of all.

        Raises:
            NotFound: there is no such video
        """
        return self.catalog.tags(None if video is None else self.video(video).id)

    def label(
        self,
        *,
        vocabulary: str | None = None,
        encoder: str | None = None,
        on_video: "Callable[[Labelled], object] | None" = None,
    ) -> "list[Labelled]":
        """Labels every shot that has no labels of this list and encoder yet.

        Args:
            vocabulary: a file, one label a line; that of the settings by default, else the one that ships
            encoder: by reference; the one that knows most of the labels by default
            on_video: called with what has become of each video

        Raises:
            NotFound: there is no such list, or nothing was indexed with that encoder
            InvalidValue: the file is no list of labels
            Unsupported: no encoder of the library knows what the labels mean
        """
        from search.labels import Labeller
        from search.labels import vocabulary as read

        done = []
        chosen = vocabulary or self.settings.vocabulary or None
        for item in Labeller(self.engine, read(chosen), encoder=encoder).run():
            done.append(item)
            if on_video:
                on_video(item)
        return done

    def labels(self, filters: Filters | None = None) -> "list[LabelCount]":
        """Labels and tags, and how many shots have each, the commonest first."""
        return self.catalog.label_counts(filters)

    def moments(self, places: Iterable[Place]) -> "list[Moment]":
        """Moments as the catalog knows them.

        Raises:
            InvalidValue: not ``VIDEO@TIME``
            NotFound: there is no such video, or there are several
        """
        from indexer.catalog import Moment

        found = []
        for place in places:
            if isinstance(place, Hit):
                found.append(Moment(place.video.id, place.at_us))
            elif isinstance(place, Moment):
                found.append(place)
            else:
                name, at, time = place.rpartition("@")
                if not at or not name:
                    raise InvalidValue(f"a moment is given as VIDEO@TIME, not {printable(place)!r}")
                found.append(Moment(self.video(name).id, microseconds(time)))
        return found


def microseconds(text: str) -> int:
    """A time as a person types it: ``90``, ``1:30.5`` or ``0:01:30.500``.

    Raises:
        InvalidValue
    """
    parts = _TIME.match(text.strip())
    if parts is None or len(text) > 24:
        raise InvalidValue(f"a time is given as 90, 1:30.5 or 0:01:30.500, not {printable(text)!r}")
    hours, minutes, rest = int(parts[1] or 0), int(parts[2] or 0), parts[3]
    whole, _, fraction = rest.partition(".")
    return (hours * 3600 + minutes * 60 + int(whole)) * SECOND + int(fraction.ljust(6, "0"))
