"""What players and video sites read: playlists, and the chapters of the reel."""

from plugins.values import SECOND
from search.export.editlist import EditList, Entry, file_url, one_line

MIN_CHAPTERS, MIN_CHAPTER_US = 3, 10 * SECOND
"""below which YouTube shows no chapters"""


def to_m3u(cuts: EditList) -> bytes:
    """Plays every moment where it is, by the options that VLC reads. Videos that are gone are left out."""
    lines = ["#EXTM3U", f"#PLAYLIST:{cuts.name}"]
    for entry in cuts.entries:
        moment = entry.moment
        if moment.missing:
            continue
        lines += [
            f"#EXTINF:{-(-moment.span.duration_us // SECOND)},{one_line(moment.title)}",
            f"#EXTVLCOPT:start-time={moment.span.start_us / SECOND:.3f}",
            f"#EXTVLCOPT:stop-time={moment.span.end_us / SECOND:.3f}",
            file_url(moment.path),
        ]
    return _text(lines)


def to_ffmetadata(cuts: EditList) -> bytes:
    """The reel's chapters as FFmpeg reads them. Frames are counted, so that nothing is rounded."""
    cuts = cuts.present()
    lines = [";FFMETADATA1", f"title={_escaped(cuts.name)}"]
    base = f"{cuts.rate.denominator}/{cuts.rate.numerator}"
    for entry in cuts.entries:
        lines += [
            "[CHAPTER]",
            f"TIMEBASE={base}",
            f"START={entry.at}",
            f"END={entry.at + entry.length}",
            f"title={_escaped(entry.moment.title)}",
        ]
    return _text(lines)


def to_webvtt(cuts: EditList) -> bytes:
    """The reel's chapters as browsers read them: a track of kind ``chapters``."""
    cuts = cuts.present()
    blocks = ["WEBVTT"]
    for entry in cuts.entries:
        title = one_line(entry.moment.title).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        start, end = _clock(cuts.us(entry.at)), _clock(cuts.us(entry.at + entry.length))
        blocks.append(f"{entry.number}\n{start} --> {end}\n{title}")
    return ("\n\n".join(blocks) + "\n").encode("utf-8")


def to_youtube(cuts: EditList) -> bytes:
    """The reel's chapters as the description of a video has them. The site wants three of ten seconds or
    more: shorter ones are joined to the one before."""
    cuts = cuts.present()
    lines = []
    shown_us = -MIN_CHAPTER_US
    for entry in cuts.entries:
        at_us = cuts.us(entry.at)
        if at_us - shown_us >= MIN_CHAPTER_US:
            lines.append(f"{_short(at_us, cuts)} {_plain(entry)}")
            shown_us = at_us
    return _text(lines)


def _plain(entry: Entry) -> str:
    """A title in which the site sees no markup."""
    return one_line(entry.moment.title).replace("<", "‹").replace(">", "›")


def _short(us: int, cuts: EditList) -> str:
    seconds = us // SECOND
    clock = f"{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{clock}" if cuts.us(cuts.length) >= 3600 * SECOND else clock


def _clock(us: int) -> str:
    ms = us // 1000
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "=;#\\\n" else char for char in one_line(text))


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")
