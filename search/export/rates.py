"""Frame rates and timecode, exactly: rates are fractions, times become whole frames once and stay so.

A time is turned into the number of the nearest frame. Of a video whose rate is constant that is exact; one
whose rate varies is counted as if it were constant, as editing programs do, so its frames keep their times to
half a frame and the sound stays in step.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import floor

from plugins.errors import InvalidValue
from plugins.values import SECOND

NTSC = Fraction(1000, 1001)
STANDARD: tuple[Fraction, ...] = (
    24 * NTSC,
    Fraction(24),
    Fraction(25),
    30 * NTSC,
    Fraction(30),
    Fraction(48),
    Fraction(50),
    60 * NTSC,
    Fraction(60),
)
"""Frames a second that every editing program knows."""
DEFAULT = Fraction(25)
"""where no rate is known"""
NEAR = Fraction(1, 2500)
"""by which a rate may be off a standard one and still be meant as it: containers round"""
DROPPED = (30 * NTSC, 60 * NTSC)
"""Rates whose timecode leaves out numbers, so that it agrees with the clock on the wall."""


def standard(rate: Fraction | None) -> Fraction:
    """The rate at which a video is counted in editing programs.

    A standard rate, or one nearly so, is itself. Else the slowest standard rate that is a whole multiple
    (12.5 is counted at 25, 15 at 30), else the fastest that divides it (120 at 60), else the nearest.
    """
    if rate is None or rate <= 0:
        return DEFAULT
    nearest = min(STANDARD, key=lambda item: abs(item - rate))
    if abs(nearest - rate) <= NEAR * nearest:
        return nearest
    multiples = [item for item in STANDARD if _is_whole(item / rate)]
    divisors = [item for item in STANDARD if _is_whole(rate / item)]
    if multiples:
        return min(multiples)
    return max(divisors) if divisors else nearest


def _is_whole(ratio: Fraction) -> bool:
    """Whether a ratio is a whole number, to what containers round."""
    return round(ratio) >= 1 and abs(ratio - round(ratio)) <= NEAR * ratio


def commonest(rates: Iterable[tuple[Fraction, int]]) -> Fraction:
    """The rate that most of the time has; the faster of two that have as much.

    Args:
        rates: each with microseconds
    """
    lengths: dict[Fraction, int] = {}
    for rate, length_us in rates:
        lengths[rate] = lengths.get(rate, 0) + length_us
    return max(lengths, key=lambda rate: (lengths[rate], rate), default=DEFAULT)


def frames(us: int, rate: Fraction) -> int:
    """The number of the frame nearest to a time."""
    return floor(us * rate / SECOND + Fraction(1, 2))


def seconds(count: int, rate: Fraction) -> Fraction:
    """How long so many frames last."""
    return count / rate


def is_dropped(rate: Fraction) -> bool:
    """Whether timecode of this rate is drop-frame here: of 29.97 and 59.94 it is."""
    return rate in DROPPED


def timecode(count: int, rate: Fraction, *, drop: bool | None = None) -> str:
    """``HH:MM:SS:FF`` of a frame's number; drop-frame is written ``HH:MM:SS;FF``.

    Args:
        drop: leave out the first numbers of every minute but each tenth, as SMPTE 12M does; as `is_dropped`
            says by default

    Raises:
        InvalidValue: drop-frame of a rate that has none, or a negative number
    """
    drop = is_dropped(rate) if drop is None else drop
    if count < 0:
        raise InvalidValue(f"a frame's number is not negative, got {count}")
    if drop:
        count += _left_out(count, rate)
    base = round(rate)
    rest, frame = divmod(count, base)
    minutes, second = divmod(rest, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours % 24:02d}:{minute:02d}:{second:02d}{';' if drop else ':'}{frame:02d}"


def parse_timecode(text: str, rate: Fraction) -> int:
    """The number of the frame that a timecode names; with a semicolon it is drop-frame.

    Raises:
        InvalidValue: it names none
    """
    drop, parts = ";" in text, text.replace(";", ":").split(":")
    base = round(rate)
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) <= 3 for part in parts):
        raise InvalidValue(f"a timecode is given as 01:02:03:04, not {text!r}")
    hour, minute, second, frame = map(int, parts)
    dropped = _dropped_a_minute(rate) if drop else 0
    if minute > 59 or second > 59 or frame >= base or (second == 0 and frame < dropped and minute % 10):
        raise InvalidValue(f"there is no frame {text!r} at {float(rate):g} frames a second")
    minutes = 60 * hour + minute
    return (60 * minutes + second) * base + frame - dropped * (minutes - minutes // 10)


def _dropped_a_minute(rate: Fraction) -> int:
    if not is_dropped(rate):
        raise InvalidValue(f"there is no drop-frame timecode at {float(rate):g} frames a second")
    return round(rate) // 15


def _left_out(count: int, rate: Fraction) -> int:
    """How many numbers were left out before a frame."""
    dropped, base = _dropped_a_minute(rate), round(rate)
    minute = 60 * base - dropped
    tens, rest = divmod(count, 10 * minute + dropped)
    return 9 * dropped * tens + (dropped * ((rest - dropped) // minute) if rest >= dropped else 0)
