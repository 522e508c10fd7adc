"""Passwords, keys, sessions, and the link that lets one person in: what a visitor shows to be let in.

What is random enough by itself (256 bits) is kept as SHA-256; passwords, which are not, by scrypt.
"""

import hashlib
import hmac
import secrets
import threading
from datetime import UTC, datetime, timedelta
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from indexer.catalog import Account, Catalog, KeyRecord, Role
from plugins.errors import InvalidValue

SCRYPT = "scrypt:32768:8:3"
"""as OWASP recommends: 32 MiB of memory a check"""
MIN_PASSWORD, MAX_PASSWORD = 12, 1_000
"""characters; length is what counts, so no kinds of characters are asked for"""
KEY_PREFIX = "shotseek_"
"""so that a key that lies somewhere by mistake is known for one"""
SESSION = timedelta(days=14)
"""after which one logs in anew, whatever was done meanwhile"""


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def add_account(catalog: Catalog, name: str, password: str, role: Role) -> Account:
    """
    Raises:
        InvalidValue: the password is too short, or see `Catalog.add_account`
    """
    return catalog.add_account(name, _hashed(name, password), role)


def set_password(catalog: Catalog, name: str, password: str) -> None:
    """Whoever is logged in to the account is so no longer.

    Raises:
        InvalidValue: the password is too short
        NotFound: no such account
    """
    catalog.set_password(name, _hashed(name, password))


def check_password(catalog: Catalog, name: str, password: str) -> Account | None:
    """The account, if that is its password. Takes as long for an account that does not exist."""
    found = catalog.password(name)
    hashed = _nobodys() if found is None else found[1]
    matches = len(password) <= MAX_PASSWORD and check_password_hash(hashed, password)
    return found[0] if found is not None and matches else None


def add_key(catalog: Catalog, account: str, name: str, role: Role) -> tuple[KeyRecord, str]:
    """A new key; it is told here and never again.

    Raises:
        NotFound, InvalidValue: see `Catalog.add_key`
    """
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return catalog.add_key(account, name, digest(key), role), key


def begin_session(catalog: Catalog, account: Account | None) -> str:
    """What the cookie will hold."""
    token = secrets.token_urlsafe(32)
    catalog.begin_session(digest(token), None if account is None else account.id, datetime.now(UTC) + SESSION)
    return token


class Invitation:
    """A secret that lets in whoever shows it first, and nobody after."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._lock = threading.Lock()
        self._is_used = False

    def accept(self, token: str) -> bool:
        with self._lock:
            right = hmac.compare_digest(digest(token), digest(self.token)) and not self._is_used
            self._is_used |= right
        return right


def _hashed(name: str, password: str) -> str:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidValue(
            f"a password has {MIN_PASSWORD} to {MAX_PASSWORD:,} characters, not {len(password)}"
        )
    if name.strip().casefold() in password.casefold() or len(set(password)) < 5:
        raise InvalidValue("that password is easily guessed; several words in a row make a good one")
    return generate_password_hash(password, SCRYPT)


@cache
def _nobodys() -> str:
    return generate_password_hash(secrets.token_urlsafe(), SCRYPT)
