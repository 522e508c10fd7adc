"""Proxies on the disk: segments made when they are asked for, kept as long as there is room.

Whoever asks for a segment starts a run that also makes the next ones, so that a player which goes on finds
them made. A run at work on segments nobody waits for gives way to one that somebody does.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Self

from indexer.decoder import Decoder
from indexer.media import Limits
from indexer.playback import Playback
from indexer.proxy import FORMAT, count
from plugins import durable
from plugins.errors import MediaError, NotFound, Reason, ShotseekError
from plugins.values import Video

RUNS = 2
"""that make segments at the same time"""
AHEAD = 8
"""segments of a run, at most"""
NEAR = 2
"""segments that a run may be away from one that is asked for, and still be waited for"""
WAITING = 4
"""requests that may wait for a segment at the same time: a server has few threads"""
MAX_BYTES = 4 << 30
LOOKED = 256
"""files of which is kept how they are stored"""


class ProxiesBusy(ShotseekError):
    """Too many segments are being waited for; ask again in a moment."""


class _Run:
    """One pass over a video, in a thread of its own, with a process of its own."""

    def __init__(self, video: Video, numbers: range, decoder: Decoder, *, copied: bool) -> None:
        self.video = video
        self.numbers = numbers
        self.decoder = decoder
        self.copied = copied
        self.next = numbers.start
        """the segment being made"""
        self.waiting = 0
        self.stopped = False
        self.error: MediaError | None = None

    def leads_to(self, video: Video, number: int, copied: bool) -> bool:
        near = self.next <= number <= self.next + NEAR and number in self.numbers
        same = self.video.fingerprint == video.fingerprint and self.copied == copied
        return near and same and not self.stopped


class Proxies:
    """The proxies of a library. Safe to use from many threads.

    Args:
        folder: made when the first segment is
        max_bytes: of all segments together; the longest unused go first
    """

    def __init__(self, folder: Path, limits: Limits | None = None, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._limits = limits
        self._max_bytes = max_bytes
        self._changed = threading.Condition()
        self._runs: list[_Run] = []
        self._idle: list[Decoder] = []
        """decoders whose process is warm"""
        self._threads: list[threading.Thread] = []
        self._looked: dict[str, Playback] = {}
        self._looking = Decoder(limits)
        self._waiting = 0
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends what is being made."""
        with self._changed:
            self._closed = True
            for run in self._runs:
                self._stop(run)
        for thread in self._threads:
            thread.join()
        for decoder in (*self._idle, self._looking):
            decoder.close()

    def playback(self, video: Video, roots: list[str]) -> Playback:
        """How a file is stored.

        Raises:
            MediaError: the file cannot be used
        """
        found = self._looked.get(video.fingerprint)
        if found is None:
            try:
                found = self._looking.playback(video.path, roots)
            finally:
                if self._closed:  # meanwhile
                    self._looking.close()
            while len(self._looked) >= LOOKED:
                self._looked.pop(next(iter(self._looked)), None)
            self._looked[video.fingerprint] = found
        return found

    def segment(self, video: Video, roots: list[str], number: int, *, copied: bool = False) -> Path:
        """The file of a segment; waits until it is made.

        Args:
            copied: whether its picture is copied, see `Playback.copied`

        Raises:
            NotFound: the video has no such segment
            MediaError: it cannot be made
            ProxiesBusy: too many others wait
        """
        if number not in range(count(video.duration_us)):
            raise NotFound("video %(id)s has no segment %(number)s of a proxy", id=video.id, number=number)
        path = self._path(video, number, copied)
        if _used(path):
            return path
        found = self.playback(video, roots)
        if copied and not found.copied:
            raise MediaError(Reason.UNSUPPORTED_CODEC, video.path, "its picture cannot be copied")
        with self._changed:
            if self._waiting >= WAITING:
                raise ProxiesBusy("too many videos are being prepared at once; try again in a moment")
            self._waiting += 1
            try:
                self._wait(video, roots, number, bool(found.sound), copied)
            finally:
                self._waiting -= 1
        return path

    def _wait(self, video: Video, roots: list[str], number: int, has_sound: bool, copied: bool) -> None:
        """Returns when a segment is there, made by a run that is on its way to it or by a new one."""
        path = self._path(video, number, copied)
        while not _used(path):
            if self._closed:
                raise MediaError(Reason.INTERNAL, video.path, "the server is being stopped")
            run = next((run for run in self._runs if run.leads_to(video, number, copied)), None)
            run = run or self._start(video, roots, number, has_sound, copied)
            if run is None:
                self._changed.wait()
                continue
            run.waiting += 1
            try:
                while not _used(path) and run.leads_to(video, number, copied) and run.error is None:
                    self._changed.wait()
            finally:
                run.waiting -= 1
            if run.error is not None and not _used(path):
                raise run.error

    def _start(
        self, video: Video, roots: list[str], number: int, has_sound: bool, copied: bool
    ) -> _Run | None:
        """A new run; None where all are being waited for. One that nobody waits for gives way, also where it
        is for the same video, unless it copies and is done in a moment."""
        others = [run for run in self._runs if not run.waiting]
        same = [run for run in others if run.video.fingerprint == video.fingerprint and not run.copied]
        for run in same or (others[:1] if len(self._runs) >= RUNS else []):
            self._stop(run)
        if len(self._runs) >= RUNS:
            return None
        last = min(number + AHEAD, count(video.duration_us))
        following = (n for n in range(number + 1, last) if self._path(video, n, copied).exists())
        decoder = self._idle.pop() if self._idle else Decoder(self._limits)
        run = _Run(video, range(number, next(following, last)), decoder, copied=copied)
        self._runs.append(run)
        thread = threading.Thread(target=self._make, args=(run, roots, has_sound), daemon=True)
        self._threads = [item for item in self._threads if item.is_alive()] + [thread]
        thread.start()
        return run

    def _stop(self, run: _Run) -> None:
        run.stopped = True
        run.decoder.interrupt()

    def _make(self, run: _Run, roots: list[str], has_sound: bool) -> None:
        video = run.video
        try:
            making = run.decoder.proxy(
                video.path, roots, run.numbers, video.duration_us, has_sound=has_sound, copied=run.copied
            )
            with closing(making):
                for segment in making:
                    path = self._path(video, segment.number, run.copied)
                    durable.write_cache(path, segment.data)
                    self._evict(keep=path)
                    with self._changed:
                        run.next = segment.number + 1
                        self._changed.notify_all()
                    if run.stopped:
                        break
            if run.next < run.numbers.stop:
                run.error = MediaError(Reason.NO_FRAMES, video.path, "no frame can be decoded there")
        except MediaError as error:
            run.error = error
        except OSError as error:
            run.error = MediaError(Reason.INTERNAL, video.path, f"a proxy cannot be kept: {error.strerror}")
        finally:
            with self._changed:
                self._runs.remove(run)
                self._idle.append(run.decoder)
                self._changed.notify_all()

    def _path(self, video: Video, number: int, copied: bool) -> Path:
        name = f"{video.fingerprint}-{FORMAT}{'-copy' if copied else ''}"
        return self._folder / video.fingerprint[:2] / name / f"{number}.mp4"

    def _evict(self, keep: Path) -> None:
        """Removes the longest unused until the rest fits, and what a killed server has left half-written."""
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total <= self._max_bytes:
                return
            if path != keep:
                path.unlink(missing_ok=True)
                total -= size

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """When each was used last, its size, its path."""
        for path in self._folder.glob("*/*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:  # another thread has just removed or renamed it
                continue
            yield status.st_mtime_ns, status.st_size, path


def _used(path: Path) -> bool:
    """Whether a file is there; if so it counts as used now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True
