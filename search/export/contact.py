"""A contact sheet: every moment as a small picture with its times and its note, on one page."""

import io
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from plugins import durable
from plugins.errors import InvalidValue, MediaError
from plugins.messages import Message
from plugins.values import SECOND
from search.export import rates
from search.export.editlist import EditList, Entry, one_line
from search.export.studio import Studio

CELL = (320, 180)
"""(width, height) of a picture"""
GAP, MARGIN, HEAD = 24, 40, 84
CAPTION = 84
"""below a picture: name, times, two lines of note"""
COLUMNS = 4
MAX_CELLS = 400
"""of one page: more would not open everywhere"""
PAPER, INK, QUIET, SCREEN = "#ffffff", "#16181d", "#5b606b", "#0b0c0f"
QUALITY = 88

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont


def to_contact_sheet(cuts: EditList, target: Path, studio: Studio) -> None:
    """A JPEG. Each moment is shown by the frame in its middle.

    Raises:
        InvalidValue: too many moments for one page
    """
    if len(cuts.entries) > MAX_CELLS:
        raise InvalidValue(
            "a contact sheet has at most %(most)s moments, not %(count)s",
            most=MAX_CELLS,
            count=len(cuts.entries),
        )
    sheet = drawn(cuts, _pictures(cuts, studio))
    data = io.BytesIO()
    sheet.save(data, "JPEG", quality=QUALITY, optimize=True)
    durable.write(target, data.getvalue())


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the sheet a moment is."""

    left: int
    top: int


def places(count: int) -> list[Place]:
    """Row by row, from the left."""
    columns = min(COLUMNS, count)
    wide, high = CELL[0] + GAP, CELL[1] + CAPTION + GAP
    return [
        Place(MARGIN + wide * (index % columns), MARGIN + HEAD + high * (index // columns))
        for index in range(count)
    ]


def drawn(cuts: EditList, pictures: dict[int, Image.Image]) -> Image.Image:
    """The sheet.

    Args:
        pictures: of the entries by number; those without one are said to be missing
    """
    found = places(len(cuts.entries))
    width = max(place.left for place in found) + CELL[0] + MARGIN
    height = found[-1].top + CELL[1] + CAPTION + MARGIN
    sheet = Image.new("RGB", (max(width, 2 * (CELL[0] + MARGIN)), height), PAPER)
    pen = ImageDraw.Draw(sheet)
    count = f"{len(found)} {'moment' if len(found) == 1 else 'moments'}"
    length = rates.timecode(cuts.length, cuts.rate)
    _line(pen, (MARGIN, MARGIN), cuts.name, _font(30), INK, sheet.width - 2 * MARGIN)
    _line(pen, (MARGIN, MARGIN + 44), f"{count}, {length} in all", _font(16), QUIET, sheet.width - 2 * MARGIN)
    for entry, place in zip(cuts.entries, found, strict=True):
        _cell(sheet, pen, place, pictures.get(entry.number))
        _caption(pen, place, entry)
    return sheet


def _pictures(cuts: EditList, studio: Studio) -> dict[int, Image.Image]:
    """The frame in the middle of each moment; none of those whose video cannot be read, which is noted."""
    by_video: dict[str, list[Entry]] = defaultdict(list)
    for entry in cuts.entries:
        if not entry.moment.missing:
            by_video[entry.moment.path].append(entry)
    found: dict[int, Image.Image] = {}
    for path, entries in by_video.items():
        studio.say(len(found) / len(cuts.entries))
        entries.sort(key=_middle_us)
        times = [_middle_us(entry) for entry in entries]
        try:
            for entry, frame in zip(entries, studio.decoder.frames(path, studio.roots, times), strict=True):
                found[entry.number] = Image.fromarray(frame.image)
        except MediaError as error:
            name = entries[0].moment.name
            studio.notes.append(
                Message("%(name)s cannot be shown: %(detail)s", name=name, detail=error.detail)
            )
    return found


def _middle_us(entry: Entry) -> int:
    span = entry.moment.span
    return (span.start_us + span.end_us) // 2


def _cell(sheet: Image.Image, pen: ImageDraw.ImageDraw, place: Place, picture: Image.Image | None) -> None:
    width, height = CELL
    pen.rectangle((place.left, place.top, place.left + width - 1, place.top + height - 1), SCREEN)
    if picture is None:
        middle = place.left + width // 2, place.top + height // 2
        pen.text(middle, "missing", fill="#c9ccd4", font=_font(16), anchor="mm")
        return
    scale = min(width / picture.width, height / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture.resize(size, Image.Resampling.LANCZOS)
    sheet.paste(small, (place.left + (width - size[0]) // 2, place.top + (height - size[1]) // 2))


def _caption(pen: ImageDraw.ImageDraw, place: Place, entry: Entry) -> None:
    left, top = place.left, place.top + CELL[1] + 8
    moment = entry.moment
    start = rates.timecode(entry.first + entry.start, entry.rate)
    length = f"{moment.span.duration_us / SECOND:.1f} s"
    _line(pen, (left, top), f"{entry.number}  {moment.name}", _font(15), INK, CELL[0])
    _line(pen, (left, top + 20), f"{start}  {length}", _font(13), QUIET, CELL[0])
    text = one_line(moment.note) or one_line(moment.label)
    for index, line in enumerate(_wrapped(pen, text, _font(13), CELL[0])[:2]):
        _line(pen, (left, top + 40 + 17 * index), line, _font(13), INK, CELL[0])


def _line(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, font: Font, colour: str, width: int
) -> None:
    """One line, cut where it would be too wide."""
    if pen.textlength(text, font=font) > width:
        while text and pen.textlength(f"{text}…", font=font) > width:
            text = text[:-1]
        text = f"{text.rstrip()}…"
    pen.text(at, text, fill=colour, font=font)


def _wrapped(pen: ImageDraw.ImageDraw, text: str, font: Font, width: int) -> list[str]:
    """Lines of whole words; what is left over after the first stays together, to be cut."""
    words = text.split()
    for count in range(len(words), 0, -1):
        first = " ".join(words[:count])
        if pen.textlength(first, font=font) <= width:
            rest = " ".join(words[count:])
            return [first, rest] if rest else [first]
    return [text] if text else []


@cache
def _font(size: int) -> Font:
    return ImageFont.load_default(size)
