"""Proxies on the disk: made once, in bounds, by processes that may die, for several people at once."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.media import open_media
from indexer.proxies import WAITING, Proxies, ProxiesBusy
from indexer.proxy import SEGMENT_US, count
from plugins.errors import MediaError, NotFound, Reason
from plugins.values import SECOND, Image, Video
from shotseek.draw import write_video
from tests.videos import FPS, scene

SECONDS = 60


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    """A minute: more segments than one run makes."""
    path = tmp_path_factory.mktemp("proxies") / "a.avi"
    write_video(path, scene(1, SECONDS * FPS), fps=FPS, codec="mpeg4")
    with open_media(str(path), [str(path.parent)]) as media:
        return replace(media.video, id=1, fingerprint="abcd1234", duration_us=SECONDS * SECOND)


@pytest.fixture
def proxies(tmp_path: Path) -> Iterator[Proxies]:
    with Proxies(tmp_path / "proxies") as made:
        yield made


def roots(video: Video) -> list[str]:
    return [str(Path(video.path).parent)]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def until_made(folder: Path, wanted: set[str]) -> None:
    deadline = time.monotonic() + 60
    while not wanted <= names(folder):
        assert time.monotonic() < deadline, names(folder)
        time.sleep(0.02)


def test_a_segment_is_made_once_and_the_next_ones_ahead(
    proxies: Proxies, video: Video, tmp_path: Path
) -> None:
    path = proxies.segment(video, roots(video), 0)
    made_at = path.stat().st_ctime_ns
    until_made(tmp_path / "proxies", {f"{number}.mp4" for number in range(8)})
    inode = path.stat().st_ino
    assert proxies.segment(video, roots(video), 0) == path
    assert path.stat().st_ino == inode
    assert path.stat().st_ctime_ns > made_at  # used
    assert names(tmp_path / "proxies") == {f"{number}.mp4" for number in range(8)}


def test_a_moment_far_away_does_not_wait_for_what_lies_before(
    proxies: Proxies, video: Video, tmp_path: Path
) -> None:
    proxies.segment(video, roots(video), 0)
    last = count(video.duration_us) - 1
    proxies.segment(video, roots(video), last)
    assert f"{last}.mp4" in names(tmp_path / "proxies")
    assert f"{last - 1}.mp4" not in names(tmp_path / "proxies")


def test_many_who_ask_at_once_get_the_same(proxies: Proxies, video: Video) -> None:
    with ThreadPoolExecutor(WAITING) as pool:
        asked = [pool.submit(proxies.segment, video, roots(video), number) for number in (3, 3, 4, 12)]
        assert [item.result().name for item in asked] == ["3.mp4", "3.mp4", "4.mp4", "12.mp4"]


def test_more_than_may_wait_are_told_to_come_back(proxies: Proxies, video: Video) -> None:
    started = threading.Barrier(WAITING + 3)

    def ask(number: int) -> str:
        started.wait()
        try:
            return proxies.segment(video, roots(video), number).name
        except ProxiesBusy:
            return "busy"

    proxies.playback(video, roots(video))
    with ThreadPoolExecutor(WAITING + 3) as pool:
        answers = list(pool.map(ask, range(0, 14, 2)))
    assert answers.count("busy") >= 1
    assert set(answers) - {"busy"} <= {f"{number}.mp4" for number in range(0, 14, 2)}


def test_the_longest_unused_go_first(video: Video, tmp_path: Path) -> None:
    with Proxies(tmp_path / "proxies") as proxies:
        size = proxies.segment(video, roots(video), 0).stat().st_size
        until_made(tmp_path / "proxies", {"7.mp4"})
    with Proxies(tmp_path / "proxies", max_bytes=5 * size) as proxies:
        kept = proxies.segment(video, roots(video), 0)
        proxies.segment(video, roots(video), 12)
        assert kept.exists()
        total = sum(path.stat().st_size for path in (tmp_path / "proxies").rglob("*.mp4"))
        assert total <= 6 * size


def test_half_a_segment_is_never_served(proxies: Proxies, video: Video, tmp_path: Path) -> None:
    whole = proxies.segment(video, roots(video), 0)
    data = whole.read_bytes()
    whole.unlink()
    left = whole.with_name("0.mp4.99-abcd.tmp")  # as a killed server leaves it
    left.write_bytes(data[: len(data) // 2])
    assert proxies.segment(video, roots(video), 0).read_bytes() == data


def test_a_copy_is_made_beside_the_encoded_one(proxies: Proxies, tmp_path: Path) -> None:
    copied = described(tmp_path / "a.mkv", scene(1, 10 * FPS), g="12")
    assert proxies.playback(copied, roots(copied)).copied.startswith("avc1.42")
    one = proxies.segment(copied, roots(copied), 0, copied=True)
    other = proxies.segment(copied, roots(copied), 0)
    assert one.name == other.name
    assert one.parent != other.parent


def test_what_cannot_be_copied_says_so_and_is_encoded(proxies: Proxies, video: Video, tmp_path: Path) -> None:
    """An AVI does not say when frames are shown; in the other file key frames are too far apart."""
    seldom = described(tmp_path / "b.mkv", scene(1, 15 * FPS), g="1000", sc_threshold="0")
    for kept in (video, seldom):
        with pytest.raises(MediaError, match="cannot be copied"):
            proxies.segment(kept, roots(kept), 1, copied=True)
        assert proxies.segment(kept, roots(kept), 1).exists()


def described(path: Path, frames: Sequence[Image], **options: str) -> Video:
    write_video(path, frames, fps=FPS, options={"preset": "ultrafast", **options})
    with open_media(str(path), [str(path.parent)]) as media:
        return replace(media.video, id=2, fingerprint=path.stem * 8)


def test_a_process_that_dies_fails_one_request(proxies: Proxies, video: Video) -> None:
    """And the next is answered by another."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(proxies.segment, video, roots(video), 5)
        deadline = time.monotonic() + 60
        while not (runs := list(proxies._runs)) and time.monotonic() < deadline:
            time.sleep(0.001)
        while runs and not asked.done():
            runs[0].decoder.interrupt()
            time.sleep(0.001)
        with pytest.raises(MediaError) as failed:
            asked.result()
    assert failed.value.reason is Reason.CRASHED
    assert proxies.segment(video, roots(video), 5).exists()


def test_what_is_no_video_says_so(proxies: Proxies, video: Video, tmp_path: Path) -> None:
    (tmp_path / "b.avi").write_text("this is no video")
    other = replace(video, path=str(tmp_path / "b.avi"), fingerprint="ffff0000")
    with pytest.raises(MediaError, match="not-media"):
        proxies.segment(other, [str(tmp_path)], 0)
    gone = replace(video, path=str(tmp_path / "c.avi"), fingerprint="eeee0000")
    with pytest.raises(MediaError, match="not-found"):
        proxies.segment(gone, [str(tmp_path)], 0)


def test_there_are_as_many_segments_as_the_video_is_long(proxies: Proxies, video: Video) -> None:
    assert count(video.duration_us) == -(-SECONDS * SECOND // SEGMENT_US)
    for number in (-1, count(video.duration_us), 10**9):
        with pytest.raises(NotFound):
            proxies.segment(video, roots(video), number)


def test_an_end_while_somebody_waits_is_no_hang(video: Video, tmp_path: Path) -> None:
    before = threading.active_count()
    proxies = Proxies(tmp_path / "proxies")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(proxies.segment, video, roots(video), 3)
        time.sleep(0.05)
        proxies.close()
        with suppress(MediaError):
            asked.result(timeout=60)
    assert threading.active_count() == before
