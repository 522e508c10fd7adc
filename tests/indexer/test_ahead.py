"""Pieces that are decoded side by side give what they give one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from threading import active_count
from threading import enumerate as threads

import pytest

from indexer.ahead import Ahead
from indexer.groups import Groups
from indexer.media import open_media
from indexer.scan import Measured, ScannedShot, scan
from indexer.skim import Verdict
from plugins.contracts import Media, ShotDetector
from plugins.detectors._frames import SIZE
from plugins.detectors.content import ContentDetector
from plugins.errors import MediaError, Reason
from plugins.values import SECOND
from shotseek.draw import write_video
from tests.videos import FPS, scene

GROUPS = {
    "fixed": {"g": "25", "sc_threshold": "0"},
    "open": {"x264-params": "open-gop=1:keyint=25:min-keyint=25:scenecut=0:bframes=3:b-adapt=0"},
    "intra": {"g": "1"},
    "one": {"g": "250", "sc_threshold": "0"},
}


@pytest.fixture(params=sorted(GROUPS))
def wild(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Ten seconds of which nearly every group must be looked into."""
    scenes = [scene(seed, 36, speed=3) for seed in range(7)]
    path = tmp_path / "wild.mkv"
    write_video(path, chain.from_iterable(scenes), fps=FPS, codec="libx264", options=GROUPS[request.param])
    return path


def scanned(path: Path, detector: ShotDetector | None = None) -> tuple[list[ScannedShot], Measured]:
    shots: list[ScannedShot] = []
    with open_media(str(path), [str(path.parent)]) as media:
        measured = scan(
            media, detector or ContentDetector(), shots.append, max_shot_us=20 * SECOND, frames_per_shot=4
        )
    return shots, measured


def told(path: Path) -> tuple[list[tuple[object, ...]], Measured]:
    shots, measured = scanned(path)
    return [(shot.span, [(one.time_us, one.thumbnail) for one in shot.keyframes]) for shot in shots], measured


@contextmanager
def opened(path: Path) -> Iterator[Ahead]:
    with (
        open_media(str(path), [str(path.parent)]) as media,
        Groups(media) as groups,
        Ahead(groups, SIZE) as it,
    ):
        yield it


def test_however_many_decode_the_answer_is_the_same(wild: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shots, keyframes to the byte of their thumbnails, and what was counted; also where next to nothing may
    wait to be read. Seen failing when windows were made of frames of one thread only."""
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    alone = told(wild)
    assert len(alone[0]) > 3
    for processors in (2, 4):
        monkeypatch.setattr("os.cpu_count", lambda count=processors: count)
        assert told(wild) == alone
    monkeypatch.setattr("indexer.ahead.HELD_PIXELS", 1)
    assert told(wild) == alone


@pytest.mark.parametrize("wild", ["fixed"], indirect=True)
def test_pieces_are_decoded_before_they_are_read(wild: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with opened(wild) as ahead:
        assert ahead.next() is not None
        assert sum(thread.name.startswith("look") for thread in threads()) == 2


def test_a_frame_that_is_no_keyframe_is_let_go(wild: Path) -> None:
    """What waits to be read is small. Seen failing with a `Picture.let_go` that does nothing."""
    looked = 0
    with opened(wild) as ahead:
        for piece in iter(ahead.next, None):
            if piece.verdict is not Verdict.LOOK:
                continue
            looked += 1
            pictures = list(ahead.pictures(piece))
            assert 0 < sum(not picture.is_let_go for picture in pictures) <= -(-len(pictures) // 3)
            assert all(picture.rgb(SIZE).shape == (*SIZE[::-1], 3) for picture in pictures)
    assert looked > 0


class Fails(ShotDetector):
    """Looks at so many frames, then breaks."""

    piece_size = (48, 27)

    def cuts(self, media: Media) -> Iterator[int]:
        for number, _ in enumerate(media.frames(size=self.piece_size)):
            if number == int(self.argument):
                raise ValueError("broken")
        yield from ()


@pytest.mark.parametrize("frames", [0, 3, 20])
def test_who_stops_reading_leaves_nothing_behind(wild: Path, frames: int) -> None:
    """Nobody decodes on, and nobody waits for ever to hand over what he has decoded."""
    before = active_count()
    with pytest.raises(MediaError, match="broken") as caught:
        scanned(wild, Fails(str(frames)))
    assert caught.value.reason is Reason.DETECTOR
    assert active_count() == before


class AsksForMore(ShotDetector):
    piece_size = (48, 27)

    def cuts(self, media: Media) -> Iterator[int]:
        for _ in media.frames():
            pass
        yield from ()


def test_a_detector_is_held_to_its_word(wild: Path) -> None:
    with pytest.raises(MediaError, match=r"piece_size is \(48, 27\), but it asks for frames of size None"):
        scanned(wild, AsksForMore())


def test_what_fails_in_a_decoder_is_told_to_the_reader(wild: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("indexer.ahead.windows", fails)
    with pytest.raises(MemoryError, match="no room"):
        scanned(wild)
