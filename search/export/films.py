"""Films: each moment as a file of its own, or all of them joined into one reel."""

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from indexer.cuts import Cut, Join, Made, Piece, Trim
from plugins import durable
from plugins.errors import InvalidValue, MediaError
from plugins.messages import Message
from search.export.editlist import EditList, Entry
from search.export.names import file_name
from search.export.studio import Studio

LARGEST = (1920, 1080)
"""(width, height) of a reel, at most"""
LIST = "subclips.csv"
"""what lies beside the films and says how each was made"""


@dataclass(frozen=True, slots=True)
class _Film:
    """A moment as a file, or why there is none."""

    entry: Entry
    name: str
    """of the file; empty where there is none"""
    how: str


def to_subclips(cuts: EditList, target: Path, studio: Studio) -> None:
    """Each moment as a film: in a ZIP file, or where the target is a folder, in that.

    A moment that cannot be cut is left out and noted; the list beside the films says how each was made.

    Raises:
        InvalidValue: no moment could be cut
    """
    if target.is_dir():

        def keep(film: Path, name: str) -> None:
            durable.publish(target / name, lambda temporary: _copy(film, temporary), _is_there)

        made = _cut_all(cuts, studio, keep)
        durable.write(target / LIST, _list(made))
    else:
        durable.publish(target, lambda temporary: _zip(cuts, temporary, studio), _is_zip)


def to_reel(cuts: EditList, target: Path, studio: Studio) -> None:
    """All moments in one film, with chapters.

    Raises:
        InvalidValue: every video is missing
        MediaError: a video cannot be decoded
    """
    shown = cuts.present()
    studio.notes += _left_out(cuts)
    pieces = [
        Piece(item.moment.path, item.moment.span.start_us, item.length, item.moment.title)
        for item in shown.entries
    ]

    def fill(temporary: Path) -> None:
        path = str(temporary)
        size = reel_size(shown)
        job = Join(path, pieces, studio.roots, studio.limits, size, shown.rate, shown.name)
        for message in studio.decoder.run(job):
            if isinstance(message, Made):
                studio.say(message.share)

    durable.publish(target, fill, _is_there)


def reel_size(cuts: EditList) -> tuple[int, int]:
    """(width, height): that of most of the time, as large as `LARGEST` at most, and even."""
    lengths: dict[tuple[int, int], int] = {}
    for entry in cuts.entries:
        if (video := entry.moment.video) is not None:
            size = video.width, video.height
            lengths[size] = lengths.get(size, 0) + entry.length
    width, height = max(lengths, key=lambda size: lengths[size])
    long, short = LARGEST if width >= height else LARGEST[::-1]
    scale = min(Fraction(1), Fraction(long, width), Fraction(short, height))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def _cut_all(cuts: EditList, studio: Studio, keep: Callable[[Path, str], object]) -> list[_Film]:
    """Cuts one moment after the other and hands over each film with its name."""
    found: list[_Film] = []
    with tempfile.TemporaryDirectory(prefix="shotseek-cut-") as folder:
        for entry in cuts.entries:
            studio.say((entry.number - 1) / len(cuts.entries))
            film = _cut(entry, Path(folder), studio)
            found.append(film if isinstance(film, _Film) else _kept(entry, film, keep))
    if not any(film.name for film in found):
        raise InvalidValue(
            "%(name)s: none of its moments can be cut: %(how)s", name=cuts.name, how=found[0].how
        )
    return found


def _kept(entry: Entry, cut: Cut, keep: Callable[[Path, str], object]) -> _Film:
    path = Path(cut.path)
    title = entry.moment.title
    stem = Path(title).stem if title == entry.moment.name else title
    name = file_name(f"{entry.number:03d} {stem}", path.suffix)
    keep(path, name)
    path.unlink(missing_ok=True)
    return _Film(entry, name, "copied" if cut.copied else f"encoded again: {cut.why}")


def _cut(entry: Entry, folder: Path, studio: Studio) -> Cut | _Film:
    moment = entry.moment
    if moment.missing:
        studio.notes.append(_missing(moment.name))
        return _Film(entry, "", "left out: the file is missing")
    job = Trim(moment.path, studio.roots, studio.limits, moment.span, str(folder / str(entry.number)))
    try:
        *_, last = studio.decoder.run(job)
    except MediaError as error:
        studio.notes.append(
            Message("%(name)s: %(detail)s, its moment was left out", name=moment.name, detail=error.detail)
        )
        return _Film(entry, "", f"left out: {error.detail}")
    assert isinstance(last, Cut)
    return last


def _left_out(cuts: EditList) -> list[Message]:
    return [_missing(entry.moment.name) for entry in cuts.entries if entry.moment.missing]


def _missing(name: str) -> Message:
    return Message("%(name)s is missing, its moment was left out", name=name)


def _zip(cuts: EditList, temporary: Path, studio: Studio) -> None:
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        made = _cut_all(cuts, studio, lambda film, name: archive.write(film, name))
        archive.writestr(LIST, _list(made))


def _list(films: list[_Film]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("number", "file", "video", "how"))
    for film in films:
        writer.writerow((film.entry.number, film.name, f"'{film.entry.moment.name}", film.how))
    return text.getvalue().encode("utf-8-sig", "replace")


def _copy(film: Path, temporary: Path) -> None:
    """They may lie on two disks."""
    shutil.copyfile(film, temporary)


def _is_there(temporary: Path) -> None:
    if temporary.stat().st_size == 0:
        raise OSError(f"{temporary}: nothing was written")


def _is_zip(temporary: Path) -> None:
    if not zipfile.is_zipfile(temporary):
        raise OSError(f"{temporary}: the disk does not give back what was written to it")
