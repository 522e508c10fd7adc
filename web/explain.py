"""Why a file failed, in plain words, and what to do about it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from indexer.catalog import Problem, State
from plugins.errors import Reason
from plugins.values import printable
from web.texts import later

WORDS: dict[str, tuple[str, str]] = {
    Reason.NOT_FOUND: (
        later("The file is not there."),
        later("Put it back, or forget it with `shotseek remove`."),
    ),
    Reason.NOT_A_FILE: (
        later("This is not an ordinary file."),
        later("Pipes, devices and sockets cannot be indexed."),
    ),
    Reason.EMPTY: (later("The file is empty."), later("Copy it again from where it came from.")),
    Reason.OUTSIDE_ROOT: (
        later("The file is a link that leads out of the indexed folders."),
        later("Index the folder it leads to."),
    ),
    Reason.UNREADABLE: (later("The file cannot be read."), later("Check its permissions and the disk.")),
    Reason.NOT_MEDIA: (
        later("This is not a video."),
        later("Whatever its name says, no video format was recognised in it."),
    ),
    Reason.NO_VIDEO: (later("There is no picture in it."), later("Files with sound alone are not indexed.")),
    Reason.UNSUPPORTED_CODEC: (
        later("Its picture is coded in a way that cannot be read here."),
        later("Convert it, for example to H.264 in MP4."),
    ),
    Reason.NO_FRAMES: (
        later("Not one picture could be decoded."),
        later("The file is damaged; copy it again."),
    ),
    Reason.TOO_LARGE: (
        later("Its pictures are larger, or follow each other faster, than is allowed."),
        later("Scale it down to at most 8192 × 4320 and 1000 frames a second."),
    ),
    Reason.TIMEOUT: (
        later("Decoding made no progress, or had no end in sight, and was stopped."),
        later("The file may be damaged; try it again."),
    ),
    Reason.MEMORY: (
        later("Decoding it took more memory than one file may have."),
        later("Scale it down, or raise `decoder_memory` in the settings."),
    ),
    Reason.CRASHED: (
        later("The decoder crashed on it."),
        later("The file is damaged or hostile; nothing else suffered."),
    ),
    Reason.DETECTOR: (later("The shot detector failed on it."), later("Try another one with `--detector`.")),
    Reason.ANNOTATOR: (
        later("The text that belongs to it could not be read."),
        later("The pictures can still be found."),
    ),
    Reason.ENCODER: (
        later("An encoder failed on it."),
        later("See the details; try it again when the encoder is repaired."),
    ),
    Reason.CANCELLED: (
        later("You have cancelled it."),
        later("It is left alone until you ask for it again."),
    ),
    Reason.INTERNAL: (
        later("Something unexpected went wrong."),
        later("See the details, and please report it."),
    ),
}
PARTIAL = (
    later("Some of it could not be decoded."),
    later("What could be is indexed and found; the rest of the file is damaged."),
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
