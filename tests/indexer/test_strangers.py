"""Files from strangers through every job of the decoding process: refused, nothing followed, none called."""

import os
import socket
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from indexer.cuts import AskTimecodes, Join, Piece, Timecode, Trim
from indexer.decoder import Decoder
from indexer.media import Limits, open_media
from plugins.errors import MediaError, Reason
from plugins.values import SECOND, Span
from shotseek.draw import write_video
from tests.canaries import COLOUR, STRANGERS, Canaries, canaries, plain, shows_canary
from tests.videos import clip

WHOLE = Span(0, SECOND)


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    with canaries(tmp_path_factory.mktemp("birds")) as made:
        yield made


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(Limits(stall_s=20)) as made:
        yield made


def scan(decoder: Decoder, path: Path) -> object:
    given = {"max_shot_us": SECOND, "frames_per_shot": 1, "annotators": ["subtitles"]}
    return list(decoder.scan(str(path), [str(path.parent)], detector="content", **given))  # type: ignore[arg-type]


def frames(decoder: Decoder, path: Path) -> object:
    return list(decoder.frames(str(path), [str(path.parent)], [0]))


def watch(decoder: Decoder, path: Path) -> object:
    return list(decoder.watch(str(path), [str(path.parent)], fps=5, short_side=48))


def playback(decoder: Decoder, path: Path) -> object:
    return decoder.playback(str(path), [str(path.parent)])


def proxy(decoder: Decoder, path: Path) -> object:
    return list(decoder.proxy(str(path), [str(path.parent)], range(1), SECOND, has_sound=True))


def trim(decoder: Decoder, path: Path) -> object:
    roots = [str(path.parent)]
    return list(decoder.run(Trim(str(path), roots, Limits(), WHOLE, str(path.parent / "cut"))))


def join(decoder: Decoder, path: Path) -> object:
    target, pieces = str(path.parent / "reel.mp4"), [Piece(str(path), 0, 25, "x")]
    job = Join(target, pieces, [str(path.parent)], Limits(), (160, 96), Fraction(25), "Best of")
    return list(decoder.run(job))


def timecodes(decoder: Decoder, path: Path) -> object:
    """Tells a timecode or nothing, and of no error: so one is made of nothing here."""
    said = list(decoder.run(AskTimecodes([str(path)], [str(path.parent)], Limits())))
    if said == [Timecode(str(path), "")]:
        raise MediaError(Reason.NOT_MEDIA, str(path), "says nothing")
    return said


DOORS: list[Callable[[Decoder, Path], object]] = [
    scan,
    frames,
    watch,
    playback,
    proxy,
    trim,
    join,
    timecodes,
]
"""every job of the process that opens a file"""


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_no_job_follows_what_points_elsewhere(
    door: Callable[[Decoder, Path], object], decoder: Decoder, birds: Canaries, tmp_path: Path
) -> None:
    """Seen failing without the list of containers (text is drawn, HLS and concat scripts are followed)."""
    followed = []
    for name in STRANGERS:
        try:
            door(decoder, birds.write(name, tmp_path))
            followed.append(name)
        except MediaError as error:
            if error.reason is not Reason.NOT_MEDIA:
                followed.append(f"{name}: {error}")
    assert followed == []
    assert birds.heard == []
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("cut", "reel"))] == []


@pytest.mark.parametrize("door", DOORS[:-1], ids=lambda door: door.__name__)
def test_every_job_takes_the_film_itself(
    door: Callable[[Decoder, Path], object], decoder: Decoder, birds: Canaries, tmp_path: Path
) -> None:
    """Else the jobs above would be refused for another reason."""
    film = tmp_path / "canary.ts"
    film.write_bytes(birds.film.read_bytes())
    assert door(decoder, film)
    (frame,) = decoder.frames(str(film), [str(tmp_path)], [0])
    assert shows_canary(frame.image)


def test_the_listener_hears(birds: Canaries) -> None:
    """Else no test above could fail."""
    with canaries(birds.film.parent / "other") as other:
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, other.port)) as connection:
                assert connection.recv(1) == b""
        assert len(other.heard) == 2


def elsewhere(path: Path, film: Path) -> None:
    """A .mov that says that its pictures lie in another, as cutting programs write them.

    Args:
        film: of as many frames as large, uncompressed
    """
    raw(path, (20, 200, 20))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x00\x00\x00\x0curl \x00\x00\x00\x01")
    name = str(film).encode()
    name += b"\0" * (len(name) % 2)
    alias = bytes(10) + b"\0" * 28 + bytes(12) + b"\0" * 64 + bytes(16) + bytes(4) + bytes(16)
    alias += b"\0\2" + len(name).to_bytes(2, "big") + name + b"\xff\xff\0\0"
    box = (12 + len(alias)).to_bytes(4, "big") + b"alis" + bytes(4) + alias
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        size = data.rindex(kind, 0, at) - 4
        data[size : size + 4] = (int.from_bytes(data[size : size + 4], "big") + len(box) - 12).to_bytes(
            4, "big"
        )
    data[at : at + 12] = box
    path.write_bytes(data)


def raw(path: Path, colour: tuple[int, int, int]) -> None:
    write_video(path, [plain(colour)] * 3, fps=25, codec="rawvideo", pixel_format="rgb24")


def test_a_track_that_lies_in_another_file_is_not_fetched(decoder: Decoder, tmp_path: Path) -> None:
    """Seen failing with FFmpeg's option for such tracks, as the first part shows."""
    film, path = tmp_path / "canary.mov", tmp_path / "elsewhere.mov"
    raw(film, COLOUR)
    elsewhere(path, film)
    with av.open(str(path), options={"enable_drefs": "1", "use_absolute_path": "1"}) as container:
        assert shows_canary(next(container.decode(video=0)).to_ndarray(format="rgb24").astype(np.uint8))
    try:
        found = list(decoder.frames(str(path), [str(tmp_path)], [0]))
    except MediaError:
        return
    assert not any(shows_canary(frame.image) for frame in found)


def special(folder: Path) -> dict[str, Reason]:
    """Things in a folder that are called like videos; what each is refused for."""
    os.mkfifo(folder / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(folder)  # the name of a socket may have about a hundred characters
        try:
            made.bind("socket.mp4")
        finally:
            os.chdir(here)
    (folder / "folder.mp4").mkdir()
    (folder / "empty.mp4").touch()
    with (folder / "sparse.mp4").open("wb") as file:
        file.truncate(1 << 40)
    (folder / "loop.mp4").symlink_to("loop.mp4")
    (folder / "one.mp4").symlink_to("two.mp4")
    (folder / "two.mp4").symlink_to("one.mp4")
    (folder / "zero.mp4").symlink_to("/dev/zero")
    (folder / "terminal.mp4").symlink_to("/dev/tty")
    return {
        "pipe.mp4": Reason.NOT_A_FILE,
        "socket.mp4": Reason.NOT_A_FILE,
        "folder.mp4": Reason.NOT_A_FILE,
        "empty.mp4": Reason.EMPTY,
        "sparse.mp4": Reason.NOT_MEDIA,
        "loop.mp4": Reason.NOT_FOUND,
        "one.mp4": Reason.NOT_FOUND,
        "two.mp4": Reason.NOT_FOUND,
        "zero.mp4": Reason.OUTSIDE_ROOT,
        "terminal.mp4": Reason.OUTSIDE_ROOT,
    }


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_special_files_are_refused_at_every_door(
    door: Callable[[Decoder, Path], object], decoder: Decoder, tmp_path: Path
) -> None:
    for name, reason in special(tmp_path).items():
        with pytest.raises(MediaError) as caught:
            door(decoder, tmp_path / name)
        assert door is timecodes or caught.value.reason is reason, name


def test_a_device_itself_is_refused() -> None:
    for device in ("/dev/zero", "/dev/urandom", "/dev/null"):
        with pytest.raises(MediaError) as caught, open_media(device, ["/dev"]):
            pass
        assert caught.value.reason is Reason.NOT_A_FILE


def link(path: Path, outside: Path) -> None:
    path.unlink()
    path.symlink_to(outside)


def folder(path: Path, outside: Path) -> None:
    path.parent.rename(path.parent.with_name("was"))
    path.parent.symlink_to(outside.parent)


def pipe(path: Path, outside: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def back(path: Path, outside: Path) -> None:
    """The file that was opened is no longer the one that lies there."""
    path.unlink()
    clip(path, 1)


@pytest.mark.parametrize("swap", [link, folder, pipe, back], ids=lambda swap: swap.__name__)
def test_what_is_exchanged_between_the_look_and_the_opening_is_not_read(
    swap: Callable[[Path, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing (`folder`, `back`) when what was opened was not compared with what lies there."""
    root, outside = tmp_path / "root", tmp_path / "outside" / "a.mp4"
    root.mkdir()
    outside.parent.mkdir()
    clip(root / "a.mp4", 1)
    clip(outside, 2)
    opens = os.open

    def late(path: str | Path, *rest: int) -> int:
        if str(path) != str(root / "a.mp4"):
            return opens(path, *rest)
        if swap is not back:
            swap(root / "a.mp4", outside)
        number = opens(path, *rest)
        if swap is back:
            swap(root / "a.mp4", outside)
        return number

    monkeypatch.setattr(os, "open", late)
    with pytest.raises(MediaError) as caught, open_media(str(root / "a.mp4"), [str(root)]):
        pass
    assert caught.value.reason in (Reason.UNREADABLE, Reason.NOT_FOUND, Reason.NOT_A_FILE)
