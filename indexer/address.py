"""The address of a catalog that is kept in PostgreSQL: a URL whose password is never shown."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from plugins.errors import InvalidValue
from plugins.values import printable

SCHEMES = ("postgresql", "postgresql+psycopg")
EXAMPLE = "postgresql://USER@HOST/DATABASE"
_SECRETS = re.compile(r"(?i)\b((?:ssl)?password=)[^&]*")


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A database of a server. As text it has no password, so that none comes into messages and logs.

    Raises:
        InvalidValue: it is none; the message does not repeat it
    """

    url: str
    """as SQLAlchemy reads it, with the password if it has one"""

    def __post_init__(self) -> None:
        if problem := _problem(self.url):
            raise InvalidValue(f"{problem}; an address is {EXAMPLE}")

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        account, at, host = parts.netloc.rpartition("@")
        user, colon, _ = account.partition(":")
        query = _SECRETS.sub(r"\1***", f"?{parts.query}" if parts.query else "")
        return printable(f"postgresql://{user}{':***' if colon else ''}{at}{host}{parts.path}{query}")

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"


def _problem(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "it cannot be read"
    if parts.scheme not in SCHEMES:
        return "it is of no PostgreSQL"
    if _may_show_a_password(parts):
        return "in a password the characters / ? # @ must be written as %2F %3F %23 %40"
    return "" if parts.path.strip("/") else "it names no database"


def _may_show_a_password(parts: SplitResult) -> bool:
    """Whether something that was meant as a password has become part of what is shown."""
    return bool(parts.fragment) or "@" in parts.path or (":" in parts.netloc and "@" in parts.query)
