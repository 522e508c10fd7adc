"""One pass over a file, shared by the shot detector and by whoever picks the keyframes.

The detector asks for frames; every frame that is decoded for it is looked at on the way.
"""

import operator
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from indexer.ahead import Ahead
from indexer.groups import Groups
from indexer.keyframes import Candidate, Keyframe, Looks, choose, keyframe
from indexer.media import MediaFile
from indexer.picture import Picture
from indexer.shots import LATEST_FRAMES, Cutter
from indexer.skim import BEHIND, Piece, Verdict
from indexer.tapped import Tapped
from plugins.contracts import ShotDetector
from plugins.errors import MediaError, Reason
from plugins.registry import describe
from plugins.values import SECOND, Span

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
    size = detector.piece_size
    if exact or size is None or not media.keeps_time:
        run.whole()
        return run.finish(0)
    with Groups(media) as groups, Ahead(groups, size) as ahead:
        run.skimmed(ahead)
        return run.finish(groups.end_us)


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

    def whole(self) -> None:
        """Decodes everything."""
        self._detect(self._counted(self._media.pictures()), None)

    def skimmed(self, ahead: Ahead) -> None:
        """Decodes the groups that must be looked into, and of the others the key frame."""
        piece = ahead.next()
        while piece is not None:
            if piece.verdict is Verdict.LOOK:
                piece = self._look_into(piece, ahead)
            else:
                self._pass_over(piece)
                piece = ahead.next()

    def _look_into(self, piece: Piece, ahead: Ahead) -> Piece | None:
        """Looks at this piece and those behind it that must be, each as far as it must, and at the beginning
        of the next: whether a picture stays is seen behind a cut only. Returns that next one."""
        behind: Piece | None = piece
        self._begins = False

        def pictures() -> Iterator[Picture]:
            nonlocal behind
            while behind is not None and behind.verdict is Verdict.LOOK:
                yield from self._counted(ahead.pictures(behind))
                passed_over = behind.passed_over
                behind = ahead.next()
                if passed_over is not None:
                    self._frames += passed_over
                    return
            if behind is not None:
                yield from ahead.beginning(behind, BEHIND)

        self._detect(pictures(), self._detector.piece_size)
        return behind

    def _pass_over(self, piece: Piece) -> None:
        """Nothing happens in it. For a shot that begins with it and is not calm, the first frame alone would
        not stand."""
        assert piece.group.key is not None
        self._see(piece.group.key)
        if self._begins:
            for picture in piece.group.opening:
                self._see(picture)
        self._frames += piece.frames
        self._begins = piece.verdict is Verdict.CUT
        if self._begins:
            self._cutter.cut(piece.next_us)

    def _detect(self, decoded: Iterator[Picture], size: tuple[int, int] | None) -> None:
        """Shows pictures to the detector, at that (width, height) or any, and then those that it has left."""
        pictures = self._seen(decoded)
        try:
            for us in self._detector.cuts(Tapped(self._media, pictures, size)):
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

    def finish(self, end_us: int) -> Measured:
        """Gives away the rest. ``end_us``: the end as far as the packets say it."""
        last = self._newest
        if last is None:
            raise MediaError(Reason.NO_FRAMES, self._media.path, "no frame of it can be decoded")
        end_us = max(end_us, last.time_us + (last.shown_us or DEFAULT_SHOWN_US))
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
