"""Who may use a library: accounts, their keys, and who is logged in. Of secrets only digests are kept."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from sqlalchemy import Connection, delete, func, insert, select, update

from indexer.catalog import models
from indexer.catalog.connection import Connected
from indexer.catalog.questions import clean
from plugins.errors import InvalidValue, NotFound
from plugins.values import printable

MAX_NAME = 100
"""characters, of an account and of a key"""


class Role(IntEnum):
    """What somebody may do; each may what the ones before it may."""

    NOBODY = 0
    """has not said who they are"""
    READER = 1
    EDITOR = 2
    ADMIN = 3

    @property
    def label(self) -> str:
        return self.name.lower()


ROLES = {role.label: role for role in Role if role}
"""that an account can have"""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may use the library."""

    id: int
    name: str
    role: Role
    at: datetime
    """made, UTC"""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key of an account, for programs."""

    id: int
    account: str
    name: str
    """what it is for"""
    role: Role
    """never more than the account's"""
    at: datetime


class AccountStore(Connected):
    """Reads and writes accounts, keys and sessions."""

    def has_accounts(self) -> bool:
        """Whether everybody has to say who they are."""
        with self._reading() as connection:
            return connection.scalar(select(models.Account.id).limit(1)) is not None

    def accounts(self) -> list[Account]:
        """All of them, by name."""
        with self._reading() as connection:
            rows = connection.execute(_ACCOUNTS.order_by(models.Account.name))
            return [Account(id_, name, ROLES[role], at) for id_, name, role, at in rows]

    def add_account(self, name: str, password: str, role: Role) -> Account:
        """
        Args:
            password: hashed

        Raises:
            InvalidValue: the name is taken, empty or too long, or the first account is no admin
        """
        name = _name(name)
        with self._writing() as connection:
            if connection.scalar(select(models.Account.id).where(models.Account.name == name)):
                raise InvalidValue(f"there is an account {name!r} already")
            if role is not Role.ADMIN and not _admins(connection):
                raise InvalidValue("the first account is an admin's; add it with --role admin")
            values = {"name": name, "password": password, "role": role.label, "at": datetime.now(UTC)}
            made = connection.execute(insert(models.Account).returning(models.Account.id), values)
            return Account(made.scalar_one(), name, role, values["at"])  # type: ignore[arg-type]

    def password(self, name: str) -> tuple[Account, str] | None:
        """An account and its hashed password; None if there is none."""
        query = _ACCOUNTS.add_columns(models.Account.password).where(models.Account.name == clean(name))
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (Account(row.id, row.name, ROLES[row.role], row.at), row.password)

    def set_password(self, name: str, password: str) -> None:
        """Ends every session of the account as well.

        Raises:
            NotFound
        """
        with self._writing() as connection:
            id_ = _account_id(connection, name)
            connection.execute(
                update(models.Account).where(models.Account.id == id_).values(password=password)
            )
            connection.execute(delete(models.Session).where(models.Session.account_id == id_))

    def remove_account(self, name: str) -> None:
        """With its keys and sessions.

        Raises:
            NotFound
            InvalidValue: others would stay without an admin
        """
        with self._writing() as connection:
            id_ = _account_id(connection, name)
            connection.execute(delete(models.Account).where(models.Account.id == id_))
            if connection.scalar(select(func.count(models.Account.id))) and not _admins(connection):
                raise InvalidValue(f"{name!r} is the only admin; remove the other accounts first")

    def keys(self) -> list[KeyRecord]:
        """All of them, by account and name."""
        with self._reading() as connection:
            rows = connection.execute(_KEYS.order_by(models.Account.name, models.Key.name, models.Key.id))
            return [KeyRecord(id_, account, name, ROLES[role], at) for id_, account, name, role, at in rows]

    def add_key(self, account: str, name: str, digest: str, role: Role) -> KeyRecord:
        """
        Raises:
            NotFound: no such account
            InvalidValue: more than the account may, or the name is empty or too long
        """
        name, now = _name(name), datetime.now(UTC)
        with self._writing() as connection:
            id_ = _account_id(connection, account)
            own = ROLES[
                connection.execute(select(models.Account.role).where(models.Account.id == id_)).scalar_one()
            ]
            if role > own:
                raise InvalidValue(f"{account!r} is {own.label}; a key may not more than its account")
            values = {"account_id": id_, "name": name, "digest": digest, "role": role.label, "at": now}
            made = connection.execute(insert(models.Key).returning(models.Key.id), values).scalar_one()
            return KeyRecord(made, account, name, role, now)

    def remove_key(self, key_id: int) -> None:
        """
        Raises:
            NotFound
        """
        with self._writing() as connection:
            if not connection.execute(delete(models.Key).where(models.Key.id == key_id)).rowcount:
                raise NotFound("no key %(key_id)s; see `shotseek keys list`", key_id=key_id)

    def owner_of_key(self, digest: str) -> tuple[str, Role] | None:
        """The name of the account, and what the key may."""
        query = select(models.Account.name, models.Account.role, models.Key.role).join_from(
            models.Key, models.Account
        )
        with self._reading() as connection:
            row = connection.execute(query.where(models.Key.digest == digest)).one_or_none()
        return None if row is None else (row[0], min(ROLES[row[1]], ROLES[row[2]]))

    def begin_session(self, digest: str, account_id: int | None, ends: datetime) -> None:
        """
        Args:
            account_id: None for whoever came by the link of `shotseek serve --token`
        """
        with self._writing() as connection:
            connection.execute(delete(models.Session).where(models.Session.ends < datetime.now(UTC)))
            values = {"digest": digest, "account_id": account_id, "ends": ends}
            connection.execute(insert(models.Session), values)

    def session(self, digest: str) -> tuple[str | None, Role] | None:
        """The account that is logged in, None for a guest, and what it may; None where it has ended."""
        query = (
            select(models.Session.account_id, models.Account.name, models.Account.role)
            .join_from(models.Session, models.Account, isouter=True)
            .where(models.Session.digest == digest, models.Session.ends > datetime.now(UTC))
        )
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return (None, Role.ADMIN) if row.account_id is None else (row.name, ROLES[row.role])

    def end_session(self, digest: str) -> None:
        with self._writing() as connection:
            connection.execute(delete(models.Session).where(models.Session.digest == digest))

    def end_guests(self) -> None:
        """Who came by a link of an earlier server."""
        with self._writing() as connection:
            connection.execute(delete(models.Session).where(models.Session.account_id.is_(None)))


_ACCOUNTS = select(models.Account.id, models.Account.name, models.Account.role, models.Account.at)
_KEYS = select(models.Key.id, models.Account.name, models.Key.name, models.Key.role, models.Key.at).join_from(
    models.Key, models.Account
)


def _name(name: str) -> str:
    name = " ".join(clean(name).split())
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidValue(f"a name has 1 to {MAX_NAME} characters, got {name!r}")
    return name


def _account_id(connection: Connection, name: str) -> int:
    found = connection.scalar(select(models.Account.id).where(models.Account.name == clean(name)))
    if found is None:
        raise NotFound("no account %(name)s; see `shotseek users list`", name=repr(printable(name)))
    return found


def _admins(connection: Connection) -> int:
    query = select(func.count(models.Account.id)).where(models.Account.role == Role.ADMIN.label)
    return connection.scalar(query) or 0
