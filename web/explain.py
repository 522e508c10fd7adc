"""Why a file failed, in plain words, and what to do about it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from indexer.catalog import Problem, State
from plugins.errors import Reason
from plugins.values import printable

WORDS: dict[str, tuple[str, str]] = {
    Reason.NOT_FOUND: ("The file is not there.", "Put it back, or forget it with `shotseek remove`."),
    Reason.NOT_A_FILE: ("This is not an ordinary file.", "Pipes, devices and sockets cannot be indexed."),
    Reason.EMPTY: ("The file is empty.", "Copy it again from where it came from."),
    Reason.OUTSIDE_ROOT: (
        "The file is a link that leads out of the indexed folders.",
        "Index the folder it leads to.",
    ),
    Reason.UNREADABLE: ("The file cannot be read.", "Check its permissions and the disk."),
    Reason.NOT_MEDIA: (
        "This is not a video.",
        "Whatever its name says, no video format was recognised in it.",
    ),
    Reason.NO_VIDEO: ("There is no picture in it.", "Files with sound alone are not indexed."),
    Reason.UNSUPPORTED_CODEC: (
        "Its picture is coded in a way that cannot be read here.",
        "Convert it, for example to H.264 in MP4.",
    ),
    Reason.NO_FRAMES: ("Not one picture could be decoded.", "The file is damaged; copy it again."),
    Reason.TOO_LARGE: (
        "Its pictures are larger, or follow each other faster, than is allowed.",
        "Scale it down to at most 8192 × 4320 and 1000 frames a second.",
    ),
    Reason.TIMEOUT: (
        "Decoding made no progress, or had no end in sight, and was stopped.",
        "The file may be damaged; try it again.",
    ),
    Reason.MEMORY: (
        "Decoding it took more memory than one file may have.",
        "Scale it down, or raise `decoder_memory` in the settings.",
    ),
    Reason.CRASHED: ("The decoder crashed on it.", "The file is damaged or hostile; nothing else suffered."),
    Reason.DETECTOR: ("The shot detector failed on it.", "Try another one with `--detector`."),
    Reason.ANNOTATOR: ("The text that belongs to it could not be read.", "The pictures can still be found."),
    Reason.ENCODER: (
        "An encoder failed on it.",
        "See the details; try it again when the encoder is repaired.",
    ),
    Reason.CANCELLED: ("You have cancelled it.", "It is left alone until you ask for it again."),
    Reason.INTERNAL: ("Something unexpected went wrong.", "See the details, and please report it."),
}
PARTIAL = (
    "Some of it could not be decoded.",
    "What could be is indexed and found; the rest of the file is damaged.",
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One line of the page of problems."""

    name: str
    folder: str
    state: State
    stage: str
    reason: str
    """the stable code"""
    why: str
    advice: str
    detail: str
    at: str
    retry: str
    """the command that tries it again"""
    file: int
    """its id"""


def command(name: str, *arguments: str, library: Path) -> str:
    """A command to paste into a shell, about this library and no other."""
    return f"shotseek {name} --library {shlex.quote(printable(str(library)))} {' '.join(arguments)}"


def trouble(problem: Problem, library: Path) -> Trouble:
    folder, _, name = problem.path.rpartition("/")
    why, advice = WORDS.get(problem.reason, PARTIAL)
    return Trouble(
        name=printable(name),
        folder=printable(folder),
        state=problem.state,
        stage=problem.stage,
        reason=problem.reason,
        why=why,
        advice=advice,
        detail=printable(problem.detail),
        at=f"{problem.at:%Y-%m-%d %H:%M}",
        file=problem.file_id,
        retry=command("index", "--retry", shlex.quote(printable(problem.path)), library=library),
    )
