"""What one file may cost: pixels, frames, memory, work. Beyond that it fails alone."""

import resource
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from indexer.decoder import Decoder
from indexer.library import Library
from indexer.media import Limits, open_media
from indexer.messages import Message, Scanned
from indexer.pipeline import Recipe, index
from indexer.scan import scan
from plugins.errors import MediaError, Reason
from plugins.registry import Kind, create
from plugins.values import SECOND
from shotseek.draw import write_video
from tests.videos import clip, scene

HERE = "tests.indexer.detectors"
MIB = 1 << 20
QUICK: dict[str, Any] = {"preset": "ultrafast"}


def scanned(decoder: Decoder, path: Path, detector: str = "content") -> list[Message]:
    return list(
        decoder.scan(
            str(path), [str(path.parent)], detector=detector, max_shot_us=10 * SECOND, frames_per_shot=1
        )
    )


def failure(decoder: Decoder, path: Path, detector: str = "content") -> MediaError:
    with pytest.raises(MediaError) as caught:
        scanned(decoder, path, detector)
    return caught.value


def peak_mib(decoder: Decoder) -> int:
    """What the process has held at most."""
    assert decoder._process is not None
    status = Path(f"/proc/{decoder._process._child.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "three.mp4"
    clip(path, 3)
    return path


def test_memory_beyond_the_limit_fails_its_own_video_only(video: Path) -> None:
    """Seen failing (the video done) when the limit was not set in the process."""
    with Decoder(Limits(memory=700 * MIB)) as decoder:
        assert isinstance(scanned(decoder, video)[-1], Scanned)
        process = decoder._process
        error = failure(decoder, video, f"{HERE}:Hungry:2000")
        assert (error.reason, error.detail) == (Reason.MEMORY, "needs more than 700 MiB of memory")
        assert isinstance(scanned(decoder, video)[-1], Scanned)
        assert decoder._process is process, "nothing died of it"
        assert isinstance(scanned(decoder, video, f"{HERE}:Hungry:100")[-1], Scanned)


def test_no_process_leaves_its_memory_on_the_disk(video: Path) -> None:
    with Decoder() as decoder:
        scanned(decoder, video)
        assert decoder._process is not None
        pid = decoder._process._child.pid
        assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
        assert resource.prlimit(pid, resource.RLIMIT_DATA)[0] == Limits().memory


def test_work_without_end_is_ended(video: Path) -> None:
    """Seen failing (never ending) when only silence was ended."""
    with Decoder(Limits(work_s=1, work_per_s=0.1)) as decoder:
        error = failure(decoder, video, f"{HERE}:Toils")
        assert error.reason is Reason.TIMEOUT
        assert "took more than 1 s of work" in error.detail
    with Decoder() as decoder:
        assert isinstance(scanned(decoder, video)[-1], Scanned)


def test_frames_faster_than_any_camera_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing without the count. A few may follow each other as fast as they like."""
    path = tmp_path / "bomb.mkv"
    small = [np.full((16, 16, 3), 40, np.uint8)] * 300
    write_video(path, small, times_us=[1000 * at for at in range(300)], options=QUICK)

    def frames(rate: int) -> int:
        with open_media(str(path), [str(tmp_path)], Limits(max_rate=rate)) as media:
            detector = create(Kind.SHOT_DETECTOR, "content")
            return scan(
                media, detector, lambda shot: None, max_shot_us=SECOND, frames_per_shot=1, exact=True
            ).frames

    assert frames(1) == 300
    monkeypatch.setattr("indexer.scan.FEW", 100)
    assert frames(1000) == 300
    with pytest.raises(MediaError, match="more than 400 frames a second") as caught:
        frames(400)
    assert caught.value.reason is Reason.TOO_LARGE


def growing(path: Path, parts_of: list[tuple[int, int, int]]) -> Path:
    """A transport stream whose pictures change their size on the way: (width, height, count) of each part."""
    parts: list[bytes] = []
    pixels, shown = "yuv420p", 0
    for width, height, count in parts_of:
        part = path.with_suffix(f".{width}.ts")
        with av.open(str(part), "w") as container:
            stream = container.add_stream("libx264", rate=Fraction(25))
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, pixels
            stream.options = QUICK
            for _ in range(count):
                frame = av.VideoFrame(width, height, pixels)
                frame.pts, frame.time_base, shown = shown, Fraction(1, 25), shown + 1
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts))
    return path


def blank(width: int, height: int, pixels: str) -> av.VideoFrame:
    """A new frame holds whatever lay in that memory before."""
    frame = av.VideoFrame(width, height, pixels)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame


def flood(path: Path, width: int, height: int) -> Path:
    """A small file of large black pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = QUICK
        container.mux(stream.encode(blank(width, height, "yuv420p")))
        container.mux(stream.encode())
    return path


def png_in_mov(path: Path) -> Path:
    """8000 x 8000 grey pixels in a file of some kilobytes."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=Fraction(25))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 8000, 8000, "gray"
        container.mux(stream.encode(blank(8000, 8000, "gray")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as made:
        yield made


@pytest.mark.parametrize("name", ["flood.mp4", "png.mov"])
def test_a_flood_of_pixels_is_refused_before_it_comes(name: str, tmp_path: Path) -> None:
    """Seen failing (hundreds of MiB) without the limit on the decoder."""
    path = tmp_path / name
    made = png_in_mov(path) if name == "png.mov" else flood(path, 7168, 5120)
    assert made.stat().st_size < 1 * MIB
    with Decoder() as decoder:
        error = failure(decoder, made)
        assert error.reason is Reason.TOO_LARGE
        assert peak_mib(decoder) < 250


def test_pictures_that_grow_on_the_way_are_refused_from_there(tmp_path: Path) -> None:
    early = growing(tmp_path / "early.ts", [(160, 96, 3), (7168, 5120, 1)])
    late = growing(tmp_path / "late.ts", [(160, 96, 200), (7168, 5120, 1)])
    with Decoder() as decoder:
        assert failure(decoder, early).reason is Reason.TOO_LARGE
        ended = scanned(decoder, late)[-1]
        assert isinstance(ended, Scanned)
        assert ended.frames >= 200
        assert ended.lost > 0, "what is too large is missing, and said to be"
        assert peak_mib(decoder) < 250


def test_pictures_may_change_their_size(decoder: Decoder, tmp_path: Path) -> None:
    path = growing(tmp_path / "turns.ts", [(160, 96, 3), (320, 240, 3), (96, 160, 3)])
    ended = scanned(decoder, path)[-1]
    assert isinstance(ended, Scanned)
    assert (ended.frames, ended.lost) == (9, 0)


@pytest.mark.parametrize("size", [(1, 1), (1, 16384), (16384, 1), (3, 5)], ids=str)
def test_odd_sizes_are_only_sizes(size: tuple[int, int], decoder: Decoder, tmp_path: Path) -> None:
    path = tmp_path / "odd.mov"
    drawn = [np.full((size[1], size[0], 3), 90, np.uint8)] * 3
    write_video(path, drawn, codec="png", pixel_format="rgb24")
    ended = scanned(decoder, path)[-1]
    assert isinstance(ended, Scanned)
    assert (ended.video.width, ended.video.height, ended.frames) == (*size, 3)
    (frame,) = decoder.frames(str(path), [str(tmp_path)], [0])
    assert min(frame.image.shape[:2]) >= 1


def test_a_whole_folder_goes_on_when_files_kill_their_decoder(tmp_path: Path) -> None:
    """Of five the second to fourth kill their process, each otherwise: they fail, the others are done."""
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a", "SIGSEGV", "SIGBUS", "SIGABRT", "EXIT", "z"):
        write_video(films / f"{name}.mp4", scene(1, 10))
    with Library.open(tmp_path / "library", create=True) as library:
        recipe = Recipe(("palette",), detector=f"{HERE}:DiesByName")
        ended = {
            Path(item.path).stem: (item.stage, item.detail)
            for item in index(library, [films], recipe, workers=2)
            if item.stage in ("done", "failed")
        }
        assert {name for name, (stage, _) in ended.items() if stage == "done"} == {"a", "z"}
        for name in ("SIGSEGV", "SIGBUS", "SIGABRT"):
            assert ended[name] == ("failed", f"the decoder died of {name}")
        assert ended["EXIT"] == ("failed", "the decoder ended with code 0")
        again = [item.stage for item in index(library, [films], recipe, workers=2)]
        assert set(again) == {"unchanged"}, "what has failed is not tried again by itself"


def test_a_handle_is_not_kept(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", 1)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(300):
        with open_media(str(tmp_path / "a.mp4"), [str(tmp_path)]):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
