"""What could be typed next in the search box: filters, their values in this library, and the signs."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from indexer.catalog import Catalog
from plugins.messages import Message
from plugins.values import printable

MOST = 8
"""suggestions at a time"""
FIELDS = {
    "folder": Message("only inside this folder"),
    "video": Message("only in this video"),
    "label": Message("only shots with this label or tag"),
    "tag": Message("only shots with this tag"),
    "concept": Message("what was taught by examples"),
    "has": Message("only videos with speech, text on the screen or subtitles"),
    "after": Message("only videos recorded since then"),
    "before": Message("only videos recorded before then"),
    "longer": Message("only shots that last longer"),
    "shorter": Message("only shots that are shorter"),
    "size": Message("only videos of this height"),
    "codec": Message("only videos coded so"),
    "like": Message("what looks like the shot of this number"),
}
"""What can stand before a colon, and what it does."""
SIGNS = {
    "-": Message("not this: beach -people"),
    '"': Message('these words exactly: "good morning"'),
    ">>": Message("and then: a dog >> a ball"),
    "2*": Message("counts twice: 2*sunset sea"),
    "(": Message("several words as one thing: -(at night)"),
}
EXAMPLES = {
    "has": ("speech", "screen", "subtitles"),
    "longer": ("5s", "30s", "1m"),
    "shorter": ("2s", "10s", "1m"),
    "size": (">=2160", ">=1080", ">=720", "<720"),
}
"""Values that do not depend on the library."""
_TYPED = re.compile(
    r'(?:^|(?<=[\s(*-]))(?:(?P<field>[A-Za-z]+):(?P<value>"[^"]*|[^\s"]*)|(?P<word>[A-Za-z]{2,}))$'
)


class Kind(StrEnum):
    """What a suggestion is."""

    FIELD = "field"
    VALUE = "value"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to go on."""

    kind: Kind
    insert: str
    """what takes the place of the text from ``start`` to where the cursor is"""
    start: int
    """characters"""
    shown: str
    hint: str = ""


def suggest(text: str, catalog: Catalog) -> list[Suggestion]:
    """How a query can go on.

    Args:
        text: of the search box, up to the cursor
    """
    return list(islice(_suggested(text, catalog), MOST))


def _suggested(text: str, catalog: Catalog) -> Iterator[Suggestion]:
    found = _TYPED.search(text)
    if found is None:
        if not text or text[-1].isspace():
            yield from (Suggestion(Kind.SIGN, sign, len(text), sign, hint) for sign, hint in SIGNS.items())
        return
    if found["word"]:
        for name, hint in FIELDS.items():
            if name.startswith(found["word"].lower()):
                yield Suggestion(Kind.FIELD, f"{name}:", found.start("word"), f"{name}:", hint)
        return
    name, part = found["field"].lower(), found["value"].lstrip('"')
    for value, note in VALUES.get(name, _examples(name))(part, catalog):
        if printable(value) == value and '"' not in value:
            yield Suggestion(Kind.VALUE, f"{name}:{_quoted(value)} ", found.start("field"), value, note)


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s()]", value) else value


Values = Callable[[str, Catalog], Iterator[tuple[str, str]]]
"""Values that go on from a part, each with a hint."""


def _examples(name: str) -> Values:
    def values(part: str, _catalog: Catalog) -> Iterator[tuple[str, str]]:
        return ((value, "") for value in EXAMPLES.get(name, ()) if value.startswith(part.lower()))

    return values


def _folders(part: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """What goes on from a path, level by level; from a word, the roots and the folders in them."""
    if part.startswith("/"):
        above, _, begun = part.rpartition("/")
        inside = (path for path in catalog.folders(above, 1_000) if path.rpartition("/")[2].startswith(begun))
        yield from ((path, "") for path in inside)
        return
    for root in catalog.roots():
        for path in (root, *catalog.folders(root, 200)):
            if part.lower() in path.rpartition("/")[2].lower():
                yield path, ""


def _videos(part: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    names = dict.fromkeys(item.video.name for item in catalog.videos(text=part, limit=4 * MOST))
    return ((name, "") for name in names if part.lower() in name.lower())


def _labels(part: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    return ((name, "") for name in catalog.label_names(part, MOST))


def _tags(part: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    names = sorted({tag.text for tag in catalog.tags()})
    return ((name, "") for name in names if part.lower() in name)


def _concepts(part: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    found = (record for record in catalog.concepts() if part.lower() in record.name.lower())
    return ((record.name, record.words or "") for record in found)


def _codecs(part: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    return ((name, "") for name in catalog.codecs() if name.startswith(part.lower()))


def _days(part: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """The years in which videos were recorded, the latest first."""
    return ((str(year), "") for year in catalog.years() if str(year).startswith(part))


VALUES: dict[str, Values] = {
    "folder": _folders,
    "video": _videos,
    "label": _labels,
    "tag": _tags,
    "concept": _concepts,
    "codec": _codecs,
    "after": _days,
    "before": _days,
}
