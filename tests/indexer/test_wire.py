"""Messages of the decoding process: whole whatever their size, and harmless whatever they say."""

import os
import pickle
import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.keyframes import Keyframe
from indexer.scan import ScannedShot
from indexer.wire import COUNT, LENGTH, MAX_BYTES, receive, send
from plugins.values import Image, Span

Ends = tuple["Connection[Any, Any]", "Connection[Any, Any]"]


@pytest.fixture
def ends() -> Iterator[Ends]:
    one, other = Pipe()
    with one, other:
        yield one, other


def drawn(width: int, height: int) -> Image:
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)


def sent(message: object) -> Any:
    """What arrives of a message."""
    one, other = Pipe()
    with one, other:
        thread = threading.Thread(target=send, args=(one, message))
        thread.start()
        arrived = receive(other)
        thread.join()
    return arrived


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 500)), max_size=4))
def test_pictures_arrive_as_they_are(sizes: list[tuple[int, int]]) -> None:
    images = [drawn(*size) for size in sizes]
    keyframes = tuple(Keyframe(at, image, b"jpeg") for at, image in enumerate(images))
    arrived = sent(ScannedShot(Span(1, 2), keyframes))
    assert arrived.span == Span(1, 2)
    for keyframe, image in zip(arrived.keyframes, images, strict=True):
        assert np.array_equal(keyframe.image, image)
        assert keyframe.thumbnail == b"jpeg"
        assert keyframe.image.flags.writeable


def test_messages_are_made_of_our_values_only(ends: Ends) -> None:
    send(ends[0], os.system)
    with pytest.raises(pickle.UnpicklingError, match="no part of a message"):
        receive(ends[1])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        COUNT.pack(3) + LENGTH.pack(1),
        COUNT.pack(0) + b"nonsense",
        COUNT.pack(0) + b"\x80\x05\x8e" + b"\xff" * 8,
        COUNT.pack(1) + LENGTH.pack(MAX_BYTES + 1),
        COUNT.pack(0xFFFFFFFF),
        COUNT.pack(0) + pickle.dumps(Span(1, 2)).replace(b"Span", b"Spam"),
    ],
)
def test_what_is_no_message_is_refused(ends: Ends, data: bytes) -> None:
    ends[0].send_bytes(data)
    with pytest.raises(pickle.UnpicklingError):
        receive(ends[1])


def test_one_that_claims_more_than_there_may_be_is_not_read(ends: Ends) -> None:
    os.write(ends[0].fileno(), b"\xff\xff\xff\xff" + (MAX_BYTES + 1).to_bytes(8, "big"))
    with pytest.raises(OSError, match="bad message length"):
        receive(ends[1])


def test_one_that_breaks_off_is_the_end(ends: Ends) -> None:
    ends[0].send_bytes(COUNT.pack(1) + LENGTH.pack(1000) + pickle.dumps(1))
    os.write(ends[0].fileno(), b"half of it")
    ends[0].close()
    with pytest.raises(EOFError):
        receive(ends[1])
