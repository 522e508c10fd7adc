"""Subtitles: those inside the file, and those in files of the same name beside it."""

import html
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from plugins.contracts import Annotator, Media
from plugins.errors import InvalidValue
from plugins.registry import describe
from plugins.values import Annotation, Shot, Span, printable

SUFFIXES = frozenset([".srt", ".vtt", ".ass", ".ssa"])
MAX_BYTES = 16 << 20
"""of a subtitle file; the longest films need a hundredth"""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
NO_CUES = re.compile(r"^(NOTE|STYLE|REGION)\b.*(\n.+)*", re.MULTILINE)
"""Blocks of a .vtt that the parser would take for the end of the cue before."""
VARIANTS = frozenset(["cc", "default", "forced", "hi", "sdh"])
"""What players allow between the language and the suffix."""


class SubtitleAnnotator(Annotator):
    """What text streams and files beside the video say: ``film.srt``, ``film.en.vtt``, ``film.de.sdh.ass``.

    A file is read as UTF-8 or, where a byte order mark says so, UTF-16. One that is neither is read as
    Windows-1252, in which every byte means something: old files of other code pages come out garbled.
    """

    source: ClassVar[str] = "subtitles"

    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        """Lines in order of time, stream by stream and file by file; those after the end of the video are
        left out.

        Raises:
            InvalidValue: a file beside the video is no subtitle file; names it
        """
        end_us = shots[-1].span.end_us
        for line in dict.fromkeys(media.subtitles()):  # streams that differ in font only say everything twice
            if line.span.start_us < end_us:
                yield line
        for path, language in _beside(Path(media.video.path)):
            for span, text in _lines(path):
                if span.start_us < end_us:
                    yield Annotation(span, self.source, text, language=language)


def _beside(video: Path) -> list[tuple[Path, str | None]]:
    """Subtitle files of a video with their languages, sorted by name."""
    found = []
    with os.scandir(video.parent) as entries:
        for entry in entries:
            stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122  no Path for every file of a folder
            if suffix.lower() not in SUFFIXES or not (stem + ".").startswith(video.stem + "."):
                continue
            language, *variants = stem[len(video.stem) + 1 :].split(".")
            if (not language or LANGUAGE.fullmatch(language)) and VARIANTS.issuperset(variants):
                found.append((video.parent / entry.name, language or None))
    return sorted(found)


def _lines(path: Path) -> Iterator[tuple[Span, str]]:
    """Time and plain text of every line of a subtitle file."""
    import pysubs2

    name = printable(path.name)
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise InvalidValue(f"{name} is not a regular file; remove it or put the subtitles in its place")
    if status.st_size > MAX_BYTES:
        raise InvalidValue(f"{name} is no subtitle file: {status.st_size} bytes, more than {MAX_BYTES}")
    kind = path.suffix.lower()[1:]
    text = _text(path.read_bytes()).replace("\r\n", "\n")
    if kind == "vtt":
        text = NO_CUES.sub("", text)
    try:
        events = pysubs2.SSAFile.from_string(text, format_=kind).events
    except Exception as error:  # the parsers raise whatever comes to them
        raise InvalidValue(f"{name} cannot be read as subtitles: {describe(error)}") from error
    if not events and text.strip():
        raise InvalidValue(f"{name} cannot be read as subtitles: no line with a time in it")
    for event in events:
        plain = html.unescape(event.plaintext).strip()
        if plain and not event.is_comment and not event.is_drawing:
            start = max(0, event.start) * 1000
            yield Span(start, max(event.end * 1000, start + 1000)), plain


def _text(data: bytes) -> str:
    """See `SubtitleAnnotator` for which encodings are understood."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
