"""What runs inside the decoding process: jobs in, messages out (the other end is `indexer.decoder`)."""

import ctypes
import os
import queue
import resource
import select
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from indexer import wire
from indexer.media import MediaFile, open_media, thinned
from indexer.messages import (
    AnnotatorEnded,
    Done,
    Failed,
    Job,
    Look,
    Make,
    Pick,
    Position,
    Ready,
    Scan,
    Scanned,
    Watch,
)
from indexer.playback import playback
from indexer.proxy import segments
from indexer.scan import ScannedShot, scan
from indexer.task import Task
from plugins.contracts import Annotator, Context, ShotDetector
from plugins.errors import MediaError, Reason, ShotseekError
from plugins.registry import Kind, create, describe, safe_mode
from plugins.values import SECOND, Frame, Shot

AHEAD = 8
"""messages that may wait for the parent, so that decoding and what comes after it overlap"""
ROUGH = 2
"""times as many frames as are asked for: then those that no other frame needs may be missing"""
LARGE = 400 * 300
"""pixels: of smaller pictures every detail is needed, and decoding them costs little"""
MALLOPT = {-1: 8 << 20, -3: 4 << 20}
"""for glibc (mallopt(3)), ``M_TRIM_THRESHOLD`` and ``M_MMAP_THRESHOLD``, bytes: large tables of FFmpeg
go back to the system when they are freed, and are not held beside the next"""
BEAT_S = 0.25
"""between two positions"""
THOUGHTS = 20
"""times as long as a decoder, an annotator may be silent before it counts as hung: large models take minutes
for half a minute of speech where the processor is small"""


def serve(fd: int, is_safe: bool = False) -> None:
    """Does one job after the other until the parent is gone.

    Args:
        is_safe: see `plugins.registry.safe_mode`
    """
    safe_mode(is_safe)
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        for what, size in MALLOPT.items():
            mallopt(what, size)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_parent, args=(fd,), daemon=True).start()
    with Connection(fd) as pipe:
        wire.send(pipe, Ready())
        while True:
            try:
                job = pipe.recv()
            except (EOFError, ConnectionError):
                return
            with _Outbox(pipe) as outbox:
                _work(job, outbox)


def _end_with_parent(fd: int) -> None:
    """Ends this process when the other end of its pipe closes, whatever it is at: a parent that was killed no
    longer ends one that hangs."""
    pipe = select.poll()
    pipe.register(fd, 0)  # hanging up is always told
    pipe.poll()
    os._exit(0)


def _work(job: Job, outbox: "_Outbox") -> None:
    try:
        _bound(job.limits.memory)
        if isinstance(job, Task):
            job.run(outbox)
            return
        with open_media(job.path, job.roots, job.limits) as media:
            if isinstance(job, Scan):
                outbox.put(media.video)
            outbox.watch(media)
            if isinstance(job, Scan):
                _scan(job, media, outbox)
            elif isinstance(job, Pick):
                _pick(job, media, outbox.put)
            elif isinstance(job, Watch):
                _watch(job, media, outbox.put)
            elif isinstance(job, Look):
                outbox.put(playback(media))
            else:
                _make(job, media, outbox.put)
    except MediaError as error:
        outbox.put(Failed(error.reason, error.detail, error.path))
    except MemoryError:
        outbox.put(Failed(Reason.MEMORY, f"needs more than {job.limits.memory >> 20} MiB of memory"))
    except Exception as error:  # whatever it is, the parent must hear of it
        outbox.put(Failed(Reason.INTERNAL, describe(error)))


def _bound(memory: int) -> None:
    """What is asked for beyond this many bytes is not given, so that one file cannot take the machine's.
    Models that lie in files and are only mapped from them do not count."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _pick(job: Pick, media: MediaFile, put: Callable[[Any], None]) -> None:
    for picture in media.at(job.times_us):
        put(Frame(picture.shrunk(job.short_side), picture.ticks, picture.time_base))


def _watch(job: Watch, media: MediaFile, put: Callable[[Any], None]) -> None:
    video = media.video
    media.is_rough = (video.frame_rate or 0) >= ROUGH * job.fps and video.width * video.height >= LARGE
    for picture in thinned(media.pictures(job.span), job.fps):
        put(Frame(picture.shrunk(job.short_side), picture.ticks, picture.time_base))


def _make(job: Make, media: MediaFile, put: Callable[[Any], None]) -> None:
    made = segments(media, job.numbers, job.duration_us, has_sound=job.has_sound, copied=job.copied)
    for segment in made:
        put(segment)


def _scan(job: Scan, media: MediaFile, outbox: "_Outbox") -> None:
    shots: list[Shot] = []
    put = outbox.put

    def emit(scanned: ScannedShot) -> None:
        times = tuple(keyframe.time_us for keyframe in scanned.keyframes)
        shots.append(Shot(0, 0, len(shots), scanned.span, times))
        put(scanned)

    try:
        detector: ShotDetector = create(Kind.SHOT_DETECTOR, job.detector, job.context)
    except ShotseekError as error:
        raise MediaError(Reason.DETECTOR, job.path, str(error)) from error
    measured = scan(
        media,
        detector,
        emit,
        max_shot_us=job.max_shot_us,
        frames_per_shot=job.frames_per_shot,
        exact=job.exact,
    )
    for reference in job.annotators:
        outbox.think(THOUGHTS * job.limits.stall_s, reference)
        put(AnnotatorEnded(reference, _annotate(reference, job.context, media, shots, put)))
    video = replace(media.video, duration_us=measured.end_us)
    put(Scanned(video, measured.frames, measured.decoded, measured.lost))


def _annotate(
    reference: str,
    context: Context | None,
    media: MediaFile,
    shots: list[Shot],
    put: Callable[[Any], None],
) -> str:
    """Runs one annotator; how it failed in one line, or nothing."""
    try:
        annotator: Annotator = create(Kind.ANNOTATOR, reference, context)
        for annotation in annotator.annotate(media, shots):
            put(annotation)
    except ShotseekError as error:
        return str(error)
    except Exception as error:  # a stranger's annotator may fail in any way; the video is still of use
        return f"annotator {reference} failed: {describe(error)}"
    return ""


class _Outbox:
    """Sends messages from a thread of its own, and in between how far the pass has come."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._waiting: queue.Queue[Any] = queue.Queue(AHEAD)
        self._media: MediaFile | None = None
        self._worked_s = time.process_time()
        self._told = 0
        self._told_at = 0.0
        self._patience_s = 0.0
        self._sign_at = 0.0
        self._annotator = ""
        self._thread = threading.Thread(target=self._send, daemon=True)

    def __enter__(self) -> "_Outbox":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.put(None)
        self._thread.join()

    def watch(self, media: MediaFile) -> None:
        self._media = media

    def put(self, message: Any) -> None:
        self._waiting.put(message)
        self._sign_at = time.monotonic()

    def think(self, seconds: float, annotator: str) -> None:
        """From now on an annotator is at work, and there may be no sign of life for so long."""
        self._annotator = annotator
        self._patience_s = seconds
        self._sign_at = time.monotonic()

    def _send(self) -> None:
        try:
            while True:
                try:
                    message = self._waiting.get(timeout=BEAT_S)
                except queue.Empty:
                    self._beat()
                    continue
                if message is None:
                    wire.send(self._pipe, Done())
                    return
                wire.send(self._pipe, message)
                self._beat()
        except OSError:  # the parent is gone, and with it the reason to go on
            os._exit(1)

    def _beat(self) -> None:
        """Says that there is progress, if there is, or may be."""
        media, now = self._media, time.monotonic()
        if media is None or now - self._told_at < BEAT_S:
            return
        self._end_overwork(media)
        if media.decoded != self._told:
            self._sign_at = now
        if media.decoded != self._told or now - self._sign_at < self._patience_s:
            self._told, self._told_at = media.decoded, now
            wire.send(self._pipe, Position(media.position_us, media.video.duration_us, self._annotator))

    def _end_overwork(self, media: MediaFile) -> None:
        """Ends the process where a file has taken more work than it is worth. What others take, and how long
        the caller waits, does not count."""
        limits, seconds = media.limits, media.position_us / SECOND
        if time.process_time() - self._worked_s > limits.work_s + limits.work_per_s * seconds:
            detail = (
                f"took more than {limits.work_s:g} s of work, and {limits.work_per_s:g} s for each second"
            )
            wire.send(self._pipe, Failed(Reason.TIMEOUT, detail))
            os._exit(1)
