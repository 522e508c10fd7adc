"""Whether the edit lists of an MP4 do no more than shift time (ISO/IEC 14496-12, 8.6.6).

To honour an edit list, FFmpeg makes its tables of all samples a second time, and for a film of ten hours
needs 40 MB more. Nearly all lists only say that time begins with the first frame, as those of films with
B-frames must; then shifting is enough.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LEAST_BYTES = 1 << 20
"""Smaller tables need not be spared."""
MAX_BOXES = 1000
"""that are looked at inside one"""
EMPTY = -1
"""media time of an edit that shows nothing, and delays what follows"""
NORMAL = 1 << 16
"""rate"""
PRIMING_S = 0.1
"""of sound that may be left out at its beginning, where coders put what nobody shall hear"""


@dataclass(frozen=True, slots=True)
class _Box:
    """A piece of an open file, by the bytes where its content begins and ends."""

    file: int
    begin: int
    end: int

    def read(self, form: str, at: int = 0) -> tuple[Any, ...]:
        """What stands there, so many bytes behind its beginning."""
        return struct.unpack(form, os.pread(self.file, struct.calcsize(form), self.begin + at))

    def children(self) -> Iterator[tuple[bytes, "_Box"]]:
        """The boxes in it, each with its type."""
        at = self.begin
        for _ in range(MAX_BOXES):
            if at + 8 > self.end:
                break
            [size], kind = struct.unpack(">I", os.pread(self.file, 4, at)), os.pread(self.file, 4, at + 4)
            head = 8
            if size == 1:
                [size], head = struct.unpack(">Q", os.pread(self.file, 8, at + 8)), 16
            if size < head:
                break
            yield kind, _Box(self.file, at + head, min(self.end, at + size))
            at += size

    def child(self, *kinds: bytes) -> "_Box":
        """The first of a type, and in that the first of the next. Raises a `KeyError` where there is none."""
        box = self
        for wanted in kinds:
            found = next((inner for kind, inner in box.children() if kind == wanted), None)
            if found is None:
                raise KeyError(wanted)
            box = found
        return box

    def clock(self) -> tuple[int, int]:
        """Units in a second, and the length in such, as an ``mvhd`` or ``mdhd`` says them."""
        scale, length = self.read(">IQ", 20) if self.read(">B") == (1,) else self.read(">II", 12)
        return scale, length


def only_shift(file: int) -> bool:
    """Whether nothing is left out, repeated or stretched by the edits of an open file. False where it is no
    MP4 of many samples, or not understood."""
    try:
        movie = _Box(file, 0, os.fstat(file).st_size).child(b"moov")
        if movie.end - movie.begin < LEAST_BYTES:
            return False
        scale, _ = movie.child(b"mvhd").clock()
        parts = list(movie.children())
        is_whole = all(kind != b"mvex" for kind, _ in parts)  # else fragments follow, with their own tables
        return is_whole and all(_only_shifts(box, scale) for kind, box in parts if kind == b"trak")
    except (KeyError, struct.error):
        return False


def _only_shifts(track: _Box, scale: int) -> bool:
    """``scale``: units of the whole file in a second, in which the length of an edit is said"""
    try:
        listed = track.child(b"edts", b"elst")
    except KeyError:
        return True
    version, count = listed.read(">B3xI")
    form = ">Qqi" if version == 1 else ">Iii"
    edits = [listed.read(form, 8 + at * struct.calcsize(form)) for at in range(min(count, 3))]
    if edits and edits[0][1] == EMPTY:
        del edits[0]
    if len(edits) != 1:
        return False
    [(length, start, rate)] = edits
    media = track.child(b"mdia")
    own_scale, own_length = media.child(b"mdhd").clock()
    first = _first_shown(media)
    spare = PRIMING_S * own_scale if media.child(b"hdlr").read(">4s", 8) == (b"soun",) else 0
    is_whole: bool = length * own_scale >= (first + own_length - start) * scale
    return rate == NORMAL and is_whole and 0 <= start <= first + spare


def _first_shown(media: _Box) -> int:
    """When the first sample is shown, in units of the stream: later than 0 where frames are reordered."""
    try:
        [offset] = media.child(b"minf", b"stbl", b"ctts").read(">i", 12)
    except KeyError:
        return 0
    return int(offset)
