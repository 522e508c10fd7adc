"""How a frame of H.264 is coded, read from the first bytes of its packet (ITU-T H.264, 7.3.1 and 7.3.3)."""

from collections.abc import Iterator
from itertools import islice

PREDICTED = (0, 5)
"""slice types, of which the second says that the other slices of the frame are alike"""
SLICES = (1, 5)
"""types of units that are slices of a frame"""
HEADER = 16
"""bytes of a slice in which its type stands"""


def unit_length(extradata: bytes | None) -> int:
    """How many bytes say how long a unit is; 0 where start codes part them (ISO/IEC 14496-15, 5.3.3)."""
    return (extradata[4] & 3) + 1 if extradata and len(extradata) > 6 and extradata[0] == 1 else 0


def is_predicted(packet: bytes, length: int) -> bool:
    """Whether a frame is coded by what differs from frames before it, as far as its first slice says it.

    Args:
        length: see `unit_length`
    """
    header = _first_slice(packet, length)
    if header is None:
        return False
    bits = iter("".join(f"{byte:08b}" for byte in header.replace(b"\0\0\3", b"\0\0")))
    try:
        _number(bits)  # of its first macroblock
        return _number(bits) in PREDICTED
    except StopIteration:
        return False


def _first_slice(packet: bytes, length: int) -> bytes | None:
    """The beginning of the first slice, behind the byte that says what it is."""
    at = 0
    while at < len(packet):
        if length:
            begin, size = at + length, int.from_bytes(packet[at : at + length])
            at = begin + size
        else:
            begin = packet.find(b"\0\0\1", at) + 3
            if begin < 3:
                return None
            at = begin
        if begin < len(packet) and packet[begin] & 31 in SLICES:
            return packet[begin + 1 : begin + HEADER]
    return None


def _number(bits: Iterator[str]) -> int:
    """The next number, in Exp-Golomb code (9.1).

    Raises:
        StopIteration: the bits end before it does
    """
    zeros = 0
    while next(bits) == "0":
        zeros += 1
    rest = "".join(islice(bits, zeros))
    if len(rest) < zeros:
        raise StopIteration
    return (1 << zeros) - 1 + (int(rest, 2) if rest else 0)
