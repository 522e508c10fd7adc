"""Pieces of a video that must be looked into, decoded side by side.

A decoder with several threads waits for itself a good part of the time, since its pictures refer to each
other. Pieces need nothing of each other, so every processor decodes one of its own. What is ahead of the
reader is held as very small pictures, and as the few frames that may become keyframes.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import cached_property
from itertools import chain, islice
from queue import Queue
from threading import local
from typing import Self

import av

from indexer.groups import Groups
from indexer.keyframes import windows
from indexer.media import MAX_THREADS
from indexer.picture import Picture
from indexer.skim import Piece, Verdict, judged

HELD_PIXELS = 24_000_000
"""of the frames of one piece that wait to be read, about"""
LARGE_PIXELS = 2_500_000
"""Too few frames of this size may wait: they are decoded when they are read, by all threads."""
SPARE, SPARE_PIXELS = 6, 6_000_000
"""pieces that may be held beside those that are decoded, and pixels of one frame of each: of a piece with
which a shot begins, a few frames are held"""


class Look:
    """A piece on its way through a decoder, in a thread of its own."""

    def __init__(self, piece: Piece, size: tuple[int, int], held: int) -> None:
        """
        Args:
            size: (width, height) to which pictures are reduced
            held: windows that may wait to be read
        """
        self._piece = piece
        self._size = size
        self._windows: Queue[list[Picture] | None] = Queue(held)
        self._error: BaseException | None = None
        self._is_wanted = True
        self._is_read = False

    def decode(self, groups: Groups, decoder: Callable[[], av.VideoCodecContext]) -> None:
        group, following = self._piece.group, self._piece.following
        try:
            with closing(groups.pictures(group, following, decoder())) as pictures:
                for window in windows(self._piece.needed(pictures), self._size):
                    self._windows.put(window)
                    if not self._is_wanted:
                        break
        except BaseException as error:  # raised again where the pictures are read
            self._error = error
        finally:
            self._windows.put(None)

    def pictures(self) -> Iterator[Picture]:
        """As they are decoded; can be read once."""
        while window := self._next():
            yield from window
        if self._error:
            raise self._error

    def give_up(self) -> None:
        """Waits until the decoder is done with it; nobody will read the rest."""
        self._is_wanted = False
        while self._next():
            pass

    def _next(self) -> list[Picture] | None:
        if not self._is_read:
            window = self._windows.get()
            self._is_read = window is None
            return window
        return None


class Ahead:
    """The pieces of a video, in order."""

    def __init__(self, groups: Groups, size: tuple[int, int]) -> None:
        """``size``: (width, height) at which pictures are wanted"""
        self._groups = groups
        self._size = size
        self._pieces = judged(groups)
        self._waiting: deque[Piece] = deque()
        self._looks: dict[int, tuple[Look, Future[None]]] = {}
        pixels = groups.pixels
        self._threads = min(MAX_THREADS, os.cpu_count() or 1) if pixels <= LARGE_PIXELS else 0
        self._spare = min(SPARE, SPARE_PIXELS // pixels)
        self._held = max(2, HELD_PIXELS // (2 * pixels))
        self._pool = ThreadPoolExecutor(max(1, self._threads), "look")
        self._own = local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for look, future in self._looks.values():
            if not future.cancel():
                look.give_up()
        self._pool.shutdown()

    def next(self) -> Piece | None:
        """The next piece, when all pictures of the one before have been taken; None at the end."""
        self._read_on()
        if not self._waiting:
            return None
        return self._waiting.popleft()

    def pictures(self, piece: Piece) -> Iterator[Picture]:
        """Of a piece that must be looked into, what is needed (see `Piece.needed`)."""
        if started := self._looks.get(id(piece)):
            yield from self._groups.timed(piece.group, started[0].pictures())
            del self._looks[id(piece)]
            return
        with closing(self._decoded(piece)) as decoded:
            pictures = piece.needed(self._groups.timed(piece.group, decoded))
            yield from chain.from_iterable(windows(pictures, self._size))

    def beginning(self, piece: Piece, count: int) -> Iterator[Picture]:
        """So many frames of a piece, whatever is to be done with it."""
        with closing(self._decoded(piece)) as decoded:
            yield from self._groups.timed(piece.group, islice(decoded, count))

    def _decoded(self, piece: Piece) -> Generator[Picture, None, None]:
        return self._groups.pictures(piece.group, piece.following, self._decoder)

    @cached_property
    def _decoder(self) -> av.VideoCodecContext:
        """Of whoever reads, with all threads."""
        return self._groups.decoder()

    def _read_on(self) -> None:
        """Reads as many pieces as may be held, and has those decoded that must be looked into. One alone is
        left to whoever reads it, who has all threads."""
        while len(self._looked_into()) <= self._threads and len(self._waiting) <= self._threads + self._spare:
            if self._waiting and self._waiting[-1].group.rest is not None:
                break
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._waiting.append(piece)
        pieces = self._looked_into()
        if len(pieces) > 1 and self._threads > 1:
            for piece in pieces:
                if id(piece) not in self._looks:
                    self._start(piece)

    def _looked_into(self) -> list[Piece]:
        """Of those that wait."""
        return [
            piece for piece in self._waiting if piece.verdict is Verdict.LOOK and piece.group.rest is None
        ]

    def _start(self, piece: Piece) -> None:
        look = Look(piece, self._size, self._held)
        self._looks[id(piece)] = look, self._pool.submit(look.decode, self._groups, self._decoder_of_thread)

    def _decoder_of_thread(self) -> av.VideoCodecContext:
        if not hasattr(self._own, "decoder"):
            self._own.decoder = self._groups.decoder()
            self._own.decoder.thread_count = 1
        decoder: av.VideoCodecContext = self._own.decoder
        return decoder
