"""Decodes the beginnings of groups of pictures ahead of whoever reads them, several at a time.

A key frame needs no other, so those of a file can be decoded side by side, while what was decoded before is
still being looked at.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

import av

if TYPE_CHECKING:
    Packet = av.Packet[av.VideoStream]


class Openings:
    """Decoders that each begin anew for every group."""

    def __init__(self, decoders: Sequence[av.VideoCodecContext]) -> None:
        """``decoders``: of one stream, used by nobody else; so many work at a time"""
        self._free: SimpleQueue[av.VideoCodecContext] = SimpleQueue()
        for decoder in decoders:
            decoder.thread_count = 1  # one frame at a time is not worth waking others
            self._free.put(decoder)
        self._pool = ThreadPoolExecutor(len(decoders), "opening")

    def decode(self, packets: "Sequence[Packet]") -> "Future[list[av.VideoFrame]]":
        """Frames of a key frame and what follows it, without those that no other needs; none where the key
        frame cannot be decoded."""
        return self._pool.submit(self._decode, packets)

    def close(self) -> None:
        """Waits for what is being decoded."""
        self._pool.shutdown(cancel_futures=True)

    def _decode(self, packets: "Sequence[Packet]") -> list[av.VideoFrame]:
        with self._decoder() as decoder:
            decoder.skip_frame = "NONREF" if len(packets) > 1 else "DEFAULT"
            try:
                return [frame for packet in (*packets, None) for frame in decoder.decode(packet)]
            except Exception:  # a hostile packet raises more than FFmpeg's errors
                return []
            finally:
                decoder.flush_buffers()

    @contextmanager
    def _decoder(self) -> Iterator[av.VideoCodecContext]:
        decoder = self._free.get()
        try:
            yield decoder
        finally:
            self._free.put(decoder)
