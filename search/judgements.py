"""What is right for which query: from files in the form of TREC, or from a person's marks.

docs/evaluation.md says how the files are written.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote

from indexer.catalog import Catalog
from plugins.errors import InvalidValue, NotFound, ShotseekError
from plugins.queries import Filters, Query
from plugins.values import SECOND, printable
from search.query import query

Find = Callable[[str], list[int]]
"""The videos of a name, at least one; raises `NotFound`."""
SHOT = "shot:"


class Unit(StrEnum):
    """What is ranked."""

    SHOT = "shot"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Topic:
    """A query, and what was judged for it."""

    name: str
    query: Query
    judged: Mapping[int, int]
    """by id of the shot or video: above 0 is right, and more is better"""

    @property
    def has_answer(self) -> bool:
        return any(grade > 0 for grade in self.judged.values())


@dataclass(frozen=True, slots=True)
class Judgements:
    """Topics that are measured together."""

    unit: Unit
    topics: tuple[Topic, ...]
    """each with something right"""
    without_answer: tuple[str, ...] = ()
    """topics left out, since nothing right is known for them"""


def from_marks(catalog: Catalog, find: Find) -> Judgements:
    """The moments that a person has called right or wrong, by query.

    Raises:
        InvalidValue: nothing was marked right
    """
    judged: dict[str, dict[int, int]] = {}
    for mark in catalog.marks():
        shot = _shot_at(catalog, mark.video_id, mark.at_us)
        judged.setdefault(mark.query, {})[shot] = int(mark.right)
    if not any(grade for grades in judged.values() for grade in grades.values()):
        raise InvalidValue("nothing was marked right yet; mark hits, or give a file of judgements")
    return _judgements(Unit.SHOT, {name: (name, grades) for name, grades in judged.items()}, find)


def from_files(catalog: Catalog, qrels: Path, queries: Path | None, find: Find) -> Judgements:
    """Judgements of a file in the form of TREC, and the texts of their queries.

    Args:
        queries: without it each topic is named by the text itself

    Raises:
        InvalidValue: a line cannot be read; names it
        NotFound: there is no such file, video or shot
    """
    texts = None if queries is None else _texts(queries)
    judged: dict[str, tuple[str, dict[int, int]]] = {}
    units: dict[Unit, str] = {}
    for where, line in _lines(qrels):
        parts = line.split()
        if len(parts) != 4 or not parts[3].lstrip("-").isdigit():
            raise InvalidValue(f"{where}: a line is `TOPIC 0 WHAT GRADE`, got {printable(line)!r}")
        name, grade = unquote(parts[0]), int(parts[3])
        if texts is not None and name not in texts:
            raise InvalidValue(f"{where}: topic {printable(name)!r} is not in {printable(str(queries))}")
        with _naming(where):
            unit, id_ = _what(catalog, parts[2], find)
        units.setdefault(unit, where)
        judged.setdefault(name, (texts[name] if texts else name, {}))[1][id_] = grade
    if len(units) != 1:
        both = " and ".join(f"{unit} ({where})" for unit, where in units.items())
        raise InvalidValue(f"{printable(str(qrels))}: judges {both or 'nothing'}; one kind is needed")
    return _judgements(next(iter(units)), judged, find)


def _judgements(unit: Unit, judged: Mapping[str, tuple[str, dict[int, int]]], find: Find) -> Judgements:
    topics = []
    for name, (text, grades) in judged.items():
        with _naming(f"topic {printable(name)!r}"):
            topics.append(Topic(name, query(text, (), Filters(), find=find), grades))
    without = tuple(topic.name for topic in topics if not topic.has_answer)
    return Judgements(unit, tuple(topic for topic in topics if topic.has_answer), without)


def _texts(path: Path) -> dict[str, str]:
    """The texts of a file of queries, by topic."""
    texts: dict[str, str] = {}
    for where, line in _lines(path):
        name, tab, text = line.partition("\t")
        if not tab or not text.strip():
            raise InvalidValue(f"{where}: a line is a topic, a tab and a query, got {printable(line)!r}")
        texts[name.strip()] = text.strip()
    return texts


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines that say something, each with its place."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise NotFound(
            "%(path)s cannot be read: %(strerror)s", path=printable(str(path)), strerror=error.strerror
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{printable(str(path))} is not UTF-8 text") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield f"{printable(str(path))}:{number}", line


def _what(catalog: Catalog, what: str, find: Find) -> tuple[Unit, int]:
    """What a judgement is of: ``shot:ID``, ``VIDEO@SECONDS`` or ``VIDEO``."""
    if what.startswith(SHOT) and what.removeprefix(SHOT).isdigit():
        return Unit.SHOT, catalog.shot(int(what.removeprefix(SHOT))).id
    name, at, seconds = what.rpartition("@")
    if not at:
        return Unit.VIDEO, _video(unquote(what), find)
    try:
        at_us = round(float(seconds) * SECOND)
    except (ValueError, OverflowError) as error:
        raise InvalidValue(f"seconds are wanted after @, got {printable(seconds)!r} (%40 is an @)") from error
    return Unit.SHOT, _shot_at(catalog, _video(unquote(name), find), at_us)


def _video(name: str, find: Find) -> int:
    found = find(name)
    if len(found) > 1:
        raise NotFound(
            "%(name)s names %(count)s videos; give more of its path",
            name=repr(printable(name)),
            count=len(found),
        )
    return found[0]


def _shot_at(catalog: Catalog, video_id: int, at_us: int) -> int:
    for shot in catalog.shots(video_id):
        if at_us in shot.span:
            return shot.id
    raise NotFound(
        "video %(video_id)s has no moment %(at_us)s s", video_id=video_id, at_us=f"{at_us / SECOND:g}"
    )


@contextmanager
def _naming(where: str) -> Iterator[None]:
    """Whatever is wrong with a line says which."""
    try:
        yield
    except NotFound as error:
        raise NotFound("%(where)s: %(error)s", where=where, error=error) from error
    except ShotseekError as error:
        raise InvalidValue(f"{where}: {error}") from error
