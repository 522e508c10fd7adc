"""One pass over a file, shared by the shot detector and by whoever picks the keyframes.

The detector asks for frames; every frame that is decoded for it is looked at on the way.
"""

import operator
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from indexer.groups import Groups
from indexer.keyframes import Candidate, Keyframe, Looks, choose, keyframe
from indexer.media import MediaFile
from indexer.picture import Picture
from indexer.shots import LATEST_FRAMES, Cutter
from indexer.skim import Piece, Verdict, judged
from indexer.tapped import Tapped
from plugins.contracts import ShotDetector
from plugins.errors import MediaError, Reason
from plugins.registry import describe
from plugins.values import SECOND, Span

BEHIND = 12
"""frames that are decoded behind what must be looked into"""
FEW = 10_000
"""frames that may follow each other as fast as they like"""
DEFAULT_SHOWN_US = SECOND // 25
"""how long the last frame is shown where nothing says it"""

Emit = Callable[["ScannedShot"], None]


@dataclass(frozen=True, slots=True)
class ScannedShot:
    """A shot whose span is final."""

    span: Span
    keyframes: tuple[Keyframe, ...]
    """ascending in time, at least one, all inside ``span``"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the pass has found of the whole."""

    end_us: int
    frames: int
    lost: int
    """packets that could not be decoded"""
    decoded: int
    """frames that were decoded to find it out"""


def scan(
    media: MediaFile,
    detector: ShotDetector,
    emit: Emit,
    *,
    max_shot_us: int,
    frames_per_shot: int,
    exact: bool = False,
) -> Measured:
    """Reads a whole file once, and decodes as much of it as the answer needs.

    Args:
        emit: called with every shot as soon as it is final, in order of time. Not an iterator, because a
            detector may read on for hours before it yields anything
        max_shot_us: longer takes become several shots
        frames_per_shot: keyframes of a shot, at most
        exact: decode every frame

    Raises:
        MediaError: the file cannot be used, or the detector failed
    """
    run = _Run(media, detector, emit, max_shot_us, frames_per_shot)
    if exact or not detector.reads_pieces or not media.keeps_time:
        return run.whole()
    with Groups(media) as groups:
        return run.skimmed(groups)


class _Run:
    """The pass: everything that is decoded comes by here."""

    def __init__(
        self,
        media: MediaFile,
        detector: ShotDetector,
        emit: Emit,
        max_shot_us: int,
        frames_per_shot: int,
    ) -> None:
        self._media = media
        self._detector = detector
        self._emit = emit
        self._frames_per_shot = frames_per_shot
        self._cutter = Cutter(max_shot_us)
        self._looks = Looks()
        self._held: tuple[Span, list[Candidate]] | None = None
        self._frames = 0
        self._newest: Picture | None = None
        self._begins = True
        """whether a shot begins with the next group"""

    def whole(self) -> Measured:
        """Decodes everything."""
        self._detect(self._seen(self._counted(self._media.pictures())))
        return self._finish(0)

    def skimmed(self, groups: Groups) -> Measured:
        """Decodes the groups that must be looked into, and of the others the key frame."""
        pieces = judged(groups)
        piece = next(pieces, None)
        while piece is not None:
            if piece.verdict is Verdict.LOOK:
                piece = self._look_into(piece, pieces, groups)
            else:
                self._pass_over(piece)
                piece = next(pieces, None)
        return self._finish(groups.end_us)

    def _look_into(self, piece: Piece, pieces: Iterator[Piece], groups: Groups) -> Piece | None:
        """Decodes this piece and those behind it that must be, each as far as it must, and the beginning of
        the next: whether a picture stays is seen behind a cut only. Returns that next one."""
        behind: Piece | None = piece
        self._begins = False

        def pictures() -> Iterator[Picture]:
            nonlocal behind
            while behind is not None and behind.verdict is Verdict.LOOK:
                reached_its_end = yield from self._looked(behind, groups)
                behind = next(pieces, None)
                if not reached_its_end:
                    return
            if behind is not None:
                with closing(groups.pictures(behind.group, behind.following)) as more:
                    yield from islice(more, BEHIND)

        self._detect(self._seen(pictures()))
        return behind

    def _looked(self, piece: Piece, groups: Groups) -> Generator[Picture, None, bool]:
        """Decodes a piece until the rest of it may be passed over, as it might if there were a key frame, and
        `BEHIND` frames more. Returns whether it went to the end. A cut at the end is looked at: that a key
        frame came early says little where much was going on."""
        start = piece.group.key
        with closing(groups.pictures(piece.group, piece.following)) as decoded:
            for at, picture in enumerate(self._counted(decoded), 1):
                yield picture
                if at % BEHIND or start is None:
                    continue
                if piece.behind(start) is Verdict.PASS:
                    self._frames += piece.frames - at
                    return False
                start = picture
        return True

    def _pass_over(self, piece: Piece) -> None:
        """Nothing happens in it. Where it begins a shot, its first frame alone would not stand for that."""
        assert piece.group.key is not None
        self._see(piece.group.key)
        if self._begins:
            for picture in piece.group.opening:
                self._see(picture)
        self._frames += piece.frames
        self._begins = piece.verdict is Verdict.CUT
        if self._begins:
            self._cutter.cut(piece.next_us)

    def _detect(self, pictures: Iterator[Picture]) -> None:
        """Shows pictures to the detector, and then those that it has left."""
        try:
            for us in self._detector.cuts(Tapped(self._media, pictures)):
                self._cutter.cut(operator.index(us))
        except (MediaError, MemoryError):
            raise
        except Exception as error:  # a stranger's detector may fail in any way; it must name itself
            detail = f"shot detector {self._detector.reference} failed: {describe(error)}"
            raise MediaError(Reason.DETECTOR, self._media.path, detail) from error
        for _ in pictures:
            pass

    def _seen(self, pictures: Iterator[Picture]) -> Iterator[Picture]:
        newest: deque[int] = deque(maxlen=LATEST_FRAMES)
        for picture in pictures:
            newest.append(picture.time_us)
            self._see(picture, newest[0])
            yield picture

    def _counted(self, pictures: Iterator[Picture]) -> Iterator[Picture]:
        most = self._media.limits.max_rate
        for picture in pictures:
            self._frames += 1
            if self._frames > FEW + most * picture.time_us / SECOND:
                detail = f"holds more than {most} frames a second"
                raise MediaError(Reason.TOO_LARGE, self._media.path, detail)
            yield picture

    def _see(self, picture: Picture, open_us: int | None = None) -> None:
        """``open_us``: as of `Cutter.reach`"""
        self._newest = picture
        self._looks.see(picture)
        for span in self._cutter.reach(picture.time_us, open_us):
            self._give(span)

    def _finish(self, end_us: int) -> Measured:
        """Gives away the rest. ``end_us``: the end as far as the packets say it."""
        last = self._newest
        if last is None:
            raise MediaError(Reason.NO_FRAMES, self._media.path, "no frame of it can be decoded")
        shown_us = int(last.raw.duration * last.time_base * SECOND) if last.raw.duration else 0
        end_us = max(end_us, last.time_us + (shown_us or DEFAULT_SHOWN_US))
        for span in self._cutter.finish(end_us):
            self._give(span)
        self._flush()
        return Measured(end_us, self._frames, self._media.lost, self._media.decoded)

    def _give(self, span: Span) -> None:
        """A span in which no frame begins (a picture that stands for minutes) belongs to the one before."""
        candidates = self._looks.take(span.end_us)
        if not candidates and self._held:
            held, candidates = self._held
            self._held = Span(held.start_us, span.end_us), candidates
            return
        self._flush()
        self._held = span, candidates

    def _flush(self) -> None:
        if self._held:
            span, candidates = self._held
            chosen = choose(candidates, span, self._frames_per_shot)
            self._emit(ScannedShot(span, tuple(keyframe(candidate) for candidate in chosen)))
            self._held = None
