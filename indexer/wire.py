"""Messages from the decoding process to its parent: arrays are written and read where they lie, uncopied, and
nothing is unpickled but values of our own.

A keyframe has a megabyte, and copying it from buffer to buffer takes a good part of what finding it does. So
it goes beside the pickle, as a buffer of its own (PEP 574).
"""

import io
import os
import pickle
import struct
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from indexer.messages import TRUSTED

MAX_BYTES = 1 << 30
"""of the pickle of a message, and of its buffers together: many times what the largest takes"""
COUNT, LENGTH = struct.Struct("<I"), struct.Struct("<Q")


def send(pipe: "Connection[Any, Any]", message: object) -> None:
    """Writes a message, its large parts last.

    Raises:
        OSError: the other end is gone
    """
    apart: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(message, protocol=5, buffer_callback=apart.append)
    buffers = [item.raw() for item in apart]
    lengths = b"".join(LENGTH.pack(len(item)) for item in buffers)
    pipe.send_bytes(COUNT.pack(len(buffers)) + lengths + pickled)
    for buffer in buffers:
        while buffer:
            buffer = buffer[os.write(pipe.fileno(), buffer) :]


def receive(pipe: "Connection[Any, Any]") -> Any:
    """Reads the next message, which may be from one who means harm.

    Raises:
        EOFError, OSError: the other end is gone, or says too much at once
        pickle.UnpicklingError: what came is no message
    """
    data = memoryview(pipe.recv_bytes(MAX_BYTES))
    try:
        [count] = COUNT.unpack_from(data)
        start = COUNT.size + count * LENGTH.size
        lengths = [LENGTH.unpack_from(data, COUNT.size + at * LENGTH.size)[0] for at in range(count)]
    except struct.error as error:
        raise pickle.UnpicklingError("a message without its beginning") from error
    if sum(lengths) > MAX_BYTES:
        raise pickle.UnpicklingError("a message that is too large")
    buffers = [_read(pipe, length) for length in lengths]
    try:
        return Unpickler(io.BytesIO(data[start:]), buffers=buffers).load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:  # whatever those raise of which it claims to be made
        raise pickle.UnpicklingError("a message that cannot be read") from error


class Unpickler(pickle.Unpickler):
    """Makes nothing but what a message may be made of."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in TRUSTED:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a message")
        return super().find_class(module, name)


def _read(pipe: "Connection[Any, Any]", length: int) -> memoryview:
    buffer = np.empty(length, np.uint8).data
    rest = buffer
    while rest:
        count = os.readv(pipe.fileno(), [rest])
        if count == 0:
            raise EOFError
        rest = rest[count:]
    return buffer
