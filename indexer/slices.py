"""How a frame is coded, read from the first bytes of its packet.

H.264: ITU-T H.264, 7.3.1 and 7.3.3. HEVC: ITU-T H.265, 7.3.1.2 and 7.3.6, as far as x265 uses it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

HEADER = 24
"""bytes of a slice in which its type stands"""
FIRST_IRAP, LAST_IRAP, LAST_SLICE = 16, 23, 31
"""types of HEVC's units: those that need no other frame, and the last that is a slice"""


@dataclass(frozen=True, slots=True)
class Coding:
    """How the frames of a stream lie in its packets."""

    codec: str
    """``h264`` or ``hevc``"""
    length: int
    """bytes that say how long a unit is; 0 where start codes part them (ISO/IEC 14496-15)"""

    @classmethod
    def of(cls, codec: str, extradata: bytes) -> "Coding | None":
        """None for other codecs."""
        at = {"h264": 4, "hevc": 21}.get(codec)
        if at is None:
            return None
        has_lengths = len(extradata) > at and extradata[0] == 1
        return cls(codec, (extradata[at] & 3) + 1 if has_lengths else 0)

    def is_predicted(self, packet: bytes) -> bool:
        """Whether a frame is coded by what differs from others, as far as its first slice says it."""
        for unit in _units(packet, self.length):
            try:
                kind = _h264_slice(unit) if self.codec == "h264" else _hevc_slice(unit)
            except StopIteration:  # it ends in its header
                return False
            if kind is not None:
                return kind
        return False


def _h264_slice(unit: bytes) -> bool | None:
    """Whether it is a slice of the type P; None where it is no slice."""
    if not unit or unit[0] & 31 not in (1, 5):
        return None
    bits = _bits(unit[1:])
    _number(bits)  # of its first macroblock
    return _number(bits) % 5 == 0


def _hevc_slice(unit: bytes) -> bool | None:
    """Whether it is a first slice of the types P or B; None where it is no slice."""
    kind = unit[0] >> 1 & 63 if unit else LAST_SLICE + 1
    if kind > LAST_SLICE:
        return None
    if FIRST_IRAP <= kind <= LAST_IRAP:
        return False
    bits = _bits(unit[2:])
    is_first = next(bits) == "1"
    _number(bits)  # of its parameters
    return is_first and _number(bits) < 2


def _units(packet: bytes, length: int) -> Iterator[bytes]:
    """The beginning of each unit."""
    at = 0
    while at < len(packet):
        if length:
            begin = at + length
            at = begin + int.from_bytes(packet[at:begin])
        else:
            begin = packet.find(b"\0\0\1", at) + 3
            if begin < 3:
                return
            at = begin
        yield packet[begin : begin + HEADER]


def _bits(coded: bytes) -> Iterator[str]:
    return iter("".join(f"{byte:08b}" for byte in coded.replace(b"\0\0\3", b"\0\0")))


def _number(bits: Iterator[str]) -> int:
    """The next number, in Exp-Golomb code (9.1 of H.264, 9.2 of H.265).

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
