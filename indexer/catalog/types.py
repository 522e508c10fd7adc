"""What columns hold that SQL has no type for, or another one in each database."""

import os
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text, TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID = BigInteger().with_variant(Integer, "sqlite")
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""in the same order everywhere, that of the characters' numbers"""


class PathBytes(TypeDecorator[str]):
    """A path as the bytes that the file system knows, so that any name survives. A folder is a prefix."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else os.fsencode(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else os.fsdecode(value)


class Moment(TypeDecorator[datetime]):
    """A time in UTC, as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Ratio(TypeDecorator[Fraction]):
    """An exact fraction, as text: ``30000/1001``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fraction | None:
        return None if value is None else Fraction(value)
