"""One pass over a file, shared by the shot detector and by whoever picks the keyframes.

The detector asks for frames; every frame that is decoded for it is looked at on the way. A look costs little:
a 48x27 picture (which a detector may want anyway) and the sharpness of a few rows. Looks at the same thing
are put together, held by the first and the sharpest; only what becomes a keyframe is converted.
"""

import io
import operator
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from indexer.groups import Groups
from indexer.media import MediaFile
from indexer.picture import TINY, Picture
from indexer.shots import LATEST_FRAMES, Cutter
from indexer.skim import Piece, Verdict, judged
from indexer.tapped import Tapped
from plugins.contracts import ShotDetector
from plugins.errors import MediaError, Reason
from plugins.registry import describe
from plugins.values import SECOND, Image, Span

SHORT_SIDE = 480
"""pixels of a keyframe, at most"""
THUMBNAIL_SIZE = (320, 960)
"""(width, height), pixels, into which a thumbnail fits"""
THUMBNAIL_QUALITY = 80
LOOK_US = SECOND // 12
"""between two looks"""
CANDIDATE_US = SECOND // 2
"""over which looks are put together, unless the picture changes"""
CHANGED = 0.08
"""mean difference of two pictures, of 1, above which they show different things"""
DARK = 0.06
"""mean brightness, of 1, below which an even picture is black"""
EVEN = 0.03
"""standard deviation, of 1, below which a picture is even"""
EDGE_US = SECOND // 4
"""of a shot, at either end, where a transition may still be going on"""
BEHIND = 12
"""frames that are decoded behind what must be looked into"""
MAX_CANDIDATES = 96
MAX_SPARE = 6
"""first looks that are kept until it is known that no cut comes behind them"""
MAX_RAW_BYTES = 32 << 20
"""of frames that wait unconverted"""
FEW = 10_000
"""frames that may follow each other as fast as they like"""
DEFAULT_SHOWN_US = SECOND // 25
"""how long the last frame is shown where nothing says it"""

Emit = Callable[["ScannedShot"], None]


@dataclass(frozen=True, slots=True, eq=False)
class Keyframe:
    """A frame that stands for its shot."""

    time_us: int
    image: Image
    """the shorter side at most `SHORT_SIDE` pixels"""
    thumbnail: bytes
    """JPEG, 320 pixels wide, see `THUMBNAIL_SIZE`"""


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


class Candidate:
    """A look at the video that may become a keyframe."""

    def __init__(self, picture: Picture) -> None:
        self.time_us = picture.time_us
        self.tiny: NDArray[np.float32] = np.divide(picture.rgb(TINY), 255, dtype=np.float32)
        self.sharpness = picture.sharpness()
        self._picture: Picture | None = picture
        self._image: Image | None = None

    @property
    def is_black(self) -> bool:
        return bool(self.tiny.mean() < DARK and self.tiny.std() < EVEN)

    @property
    def raw_bytes(self) -> int:
        """Of the unconverted frame; 0 once it has been let go."""
        return sum(plane.buffer_size for plane in self._picture.raw.planes) if self._picture else 0

    def image(self) -> Image:
        """Converts the frame, once, and lets it go."""
        if self._picture is not None:
            self._image, self._picture = self._picture.shrunk(SHORT_SIDE), None
        assert self._image is not None
        return self._image

    def differs(self, other: "Candidate") -> float:
        """Mean difference of the two pictures, of 1."""
        return float(np.abs(self.tiny - other.tiny).mean())


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
        self._looks = _Looks()
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
        cut_us: int | None = None

        def pictures() -> Iterator[Picture]:
            nonlocal behind, cut_us
            while behind is not None and behind.verdict is Verdict.LOOK:
                looked, rest = behind, (yield from self._looked(behind, groups))
                cut_us = looked.next_us if rest is Verdict.CUT else None
                behind = next(pieces, None)
                if rest is not Verdict.LOOK:
                    return
            if behind is not None:
                with closing(groups.pictures(behind.group, behind.following)) as more:
                    yield from islice(more, BEHIND)

        self._detect(self._seen(pictures()))
        if cut_us is not None:
            self._begins = True
            self._cutter.cut(cut_us)
        return behind

    def _looked(self, piece: Piece, groups: Groups) -> Generator[Picture, None, Verdict]:
        """Decodes a piece until the rest of it may be passed over, as it might if there were a key frame, and
        `BEHIND` frames more. Returns what is to be done with the rest."""
        start = piece.group.key
        with closing(groups.pictures(piece.group, piece.following)) as decoded:
            for at, picture in enumerate(self._counted(decoded), 1):
                yield picture
                if at % BEHIND or start is None:
                    continue
                rest = piece.behind(start)
                if rest is not Verdict.LOOK:
                    self._frames += piece.frames - at
                    return rest
                start = picture
        return Verdict.LOOK

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
            self._emit(ScannedShot(span, tuple(_keyframe(candidate) for candidate in chosen)))
            self._held = None


class _Looks:
    """The candidates of which no shot is known yet."""

    def __init__(self) -> None:
        self._closed: list[Candidate] = []
        self._spare: list[Candidate] = []
        self._first: Candidate | None = None
        self._best: Candidate | None = None
        self._next_us = 0

    def see(self, picture: Picture) -> None:
        if picture.time_us < self._next_us:
            return
        self._next_us = picture.time_us + LOOK_US
        look = Candidate(picture)
        if self._first is None or self._best is None:
            self._first = self._best = look
        elif look.time_us - self._first.time_us >= CANDIDATE_US or look.differs(self._first) > CHANGED:
            self._close()
            self._first = self._best = look
        elif look.sharpness > self._best.sharpness:
            self._best = look

    def take(self, end_us: int) -> list[Candidate]:
        """Hands over the candidates before a time."""
        if self._first is not None and self._first.time_us < end_us:
            self._close()
        taken, self._closed = _parted(self._closed, end_us)
        spare, self._spare = _parted(self._spare, end_us)
        return taken or spare

    def _close(self) -> None:
        """Keeps the sharpest look, and the first to spare: a cut between the two may still become known, and
        then the first may be all that its shot has."""
        assert self._first is not None
        assert self._best is not None
        self._closed.append(self._best)
        if self._best is not self._first:
            self._spare.append(self._first)
        self._first = self._best = None
        if len(self._closed) >= MAX_CANDIDATES:
            pairs = zip(self._closed[::2], self._closed[1::2], strict=False)
            self._closed = [max(pair, key=lambda item: item.sharpness) for pair in pairs]
        del self._spare[:-MAX_SPARE]
        self._let_go()

    def _let_go(self) -> None:
        """Of the frames that wait, those that are too many: spare ones, then the oldest, by converting."""
        waiting = sum(candidate.raw_bytes for candidate in [*self._spare, *self._closed])
        while waiting > MAX_RAW_BYTES and len(self._spare) > 1:
            waiting -= self._spare.pop(0).raw_bytes
        for candidate in self._closed:
            if waiting <= MAX_RAW_BYTES:
                break
            waiting -= candidate.raw_bytes
            candidate.image()


def _parted(candidates: list[Candidate], end_us: int) -> tuple[list[Candidate], list[Candidate]]:
    """Those before a time, and the rest; they ascend."""
    count = sum(candidate.time_us < end_us for candidate in candidates)
    return candidates[:count], candidates[count:]


def choose(candidates: Sequence[Candidate], span: Span, count: int) -> list[Candidate]:
    """The candidates that stand for a shot: the sharp one that is most like all of them, then, while any
    shows something else, the one that is least like those already chosen. Black ones and those near a cut
    are taken only if there are no others.

    Args:
        candidates: at least one
        count: how many at most; at least 1

    Returns:
        ascending in time
    """
    edge = min(EDGE_US, span.duration_us // 8)
    inner = [item for item in candidates if span.start_us + edge <= item.time_us < span.end_us - edge]
    lit = [item for item in inner or candidates if not item.is_black] or inner or list(candidates)
    least = median(item.sharpness for item in lit) / 2
    sharp = [item for item in lit if item.sharpness >= least]
    mean = np.mean([item.tiny for item in sharp], axis=0)
    chosen = [min(sharp, key=lambda item: float(np.abs(item.tiny - mean).mean()))]
    while len(chosen) < count:
        nearest = [min(item.differs(other) for other in chosen) for item in sharp]
        farthest = max(range(len(sharp)), key=nearest.__getitem__)
        if nearest[farthest] <= CHANGED:
            break
        chosen.append(sharp[farthest])
    return sorted(chosen, key=lambda item: item.time_us)


def _keyframe(candidate: Candidate) -> Keyframe:
    image = candidate.image()
    return Keyframe(candidate.time_us, image, thumbnail(image))


def thumbnail(image: Image) -> bytes:
    """A small JPEG of a picture, see `THUMBNAIL_SIZE`."""
    height, width = image.shape[:2]
    scale = min(THUMBNAIL_SIZE[0] / width, THUMBNAIL_SIZE[1] / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Pillow.fromarray(image).resize(size, Pillow.Resampling.BILINEAR, reducing_gap=1.0)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=THUMBNAIL_QUALITY)
    return file.getvalue()
