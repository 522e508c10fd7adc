"""Lists to read on: CSV for spreadsheets, JSON for programs. Times are seconds."""

import csv
import io
import json

from plugins.values import SECOND, printable, timecode
from search.export import rates
from search.export.editlist import EditList, Entry

COLUMNS = ("number", "video", "path", "start", "end", "in", "out", "rate", "label", "note", "missing")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""what a spreadsheet takes for the beginning of something to calculate"""


def to_csv(cuts: EditList) -> bytes:
    """UTF-8 with a mark at the beginning, by which spreadsheets know that it is; lines as RFC 4180 has
    them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in cuts.entries:
        writer.writerow(_cell(value) for value in _row(entry))
    return text.getvalue().encode("utf-8-sig")


def to_json(cuts: EditList) -> bytes:
    """One document. ASCII only, so that a path with any bytes survives."""
    document = {
        "name": cuts.name,
        "rate": str(cuts.rate),
        "duration": cuts.us(cuts.length) / SECOND,
        "items": [_item(entry, cuts) for entry in cuts.entries],
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _item(entry: Entry, cuts: EditList) -> dict[str, object]:
    moment = entry.moment
    return {
        "video": moment.name,
        "path": moment.path,
        "start": moment.span.start_us / SECOND,
        "end": moment.span.end_us / SECOND,
        "in": rates.timecode(entry.first + entry.start, entry.rate),
        "out": rates.timecode(entry.first + entry.end, entry.rate),
        "rate": str(entry.rate),
        "at": cuts.us(entry.at) / SECOND,
        "label": moment.label,
        "note": moment.note,
        "missing": moment.missing,
    }


def _row(entry: Entry) -> tuple[object, ...]:
    moment = entry.moment
    return (
        entry.number,
        moment.name,
        printable(moment.path),
        timecode(moment.span.start_us),
        timecode(moment.span.end_us),
        rates.timecode(entry.first + entry.start, entry.rate),
        rates.timecode(entry.first + entry.end, entry.rate),
        f"{float(entry.rate):.3f}".rstrip("0").rstrip("."),
        moment.label,
        moment.note,
        "yes" if moment.missing else "no",
    )


def _cell(value: object) -> str:
    """Text that a spreadsheet would calculate gets an apostrophe, which makes it text again."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return f"'{text}" if text.startswith(FORMULA) else text
