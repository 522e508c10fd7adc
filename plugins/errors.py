"""Every error Shotseek raises on purpose, as one tree.

    ShotseekError
    ├── InvalidValue              a value cannot be what it was given as
    ├── InvalidQuery              a query is empty, too long or contradicts itself
    │   └── NotUnderstood         an encoder has no meaning for the words of a query
    ├── Unsupported               a plugin was asked for what it cannot do (text of an image-only encoder)
    ├── MediaError                one media file cannot be used; carries a reason code
    ├── NotFound                  no video, shot, space or library of that name
    ├── PluginError
    │   ├── UnknownPlugin         no plugin has that name; names the nearest
    │   ├── DuplicatePlugin       two distributions provide the same name; names both
    │   ├── BrokenPlugin          a plugin cannot be loaded or breaks its contract; names it and the cause
    │   └── WeightsMissing        a plugin's weights are not on this machine; names the command
    ├── PullFailed                weights could not be fetched or are not what was promised
    ├── LibraryError              the library on disk cannot be used as it is
    │   ├── SchemaTooNew          made by a newer Shotseek
    │   ├── LibraryBusy           another process is writing to it
    │   ├── DiskFull              there is no room to write to it
    │   └── DamagedIndex          a vector index file is not what its manifest says; can be rebuilt
    └── SettingsError             a setting has a value it cannot have

A message is one line that a person reads: what is wrong, with which file or name, and what to do next.
"""

from enum import StrEnum

from plugins.messages import Message


class ShotseekError(Exception):
    """The base of all. The command line prints it without a traceback.

    Args:
        message: one line, in which ``%(name)s`` stands for each of `values`; kept as a `Message`, so that
            pages can say it in other languages
    """

    def __init__(self, message: str, /, **values: object) -> None:
        super().__init__(message if isinstance(message, Message) else Message(message, **values))

    @property
    def message(self) -> Message:
        """What a person is told."""
        first = self.args[0]
        return first if isinstance(first, Message) else Message(str(self))


class InvalidValue(ShotseekError, ValueError):
    """A value cannot be what it was given as; the message shows what came."""


class InvalidQuery(ShotseekError):
    """A query is empty, too long or contradicts itself."""


class QuerySyntax(InvalidQuery):
    """A query cannot be read."""

    def __init__(self, what: str, at: int, /, **values: object) -> None:
        """
        Args:
            what: is wrong there
            at: the character that is wrong, from 0
        """
        self.what = Message(what, **values)
        super().__init__(Message("character %(number)s: %(what)s", number=at + 1, what=self.what))
        self.at = at


class NotUnderstood(InvalidQuery):
    """An encoder that reads text has no meaning for any word of this one."""


class Unsupported(ShotseekError):
    """A plugin was asked for something it declares it cannot do."""


class Reason(StrEnum):
    """Why a media file failed. Stored, shown and filtered by; the words are part of the contract."""

    NOT_FOUND = "not-found"
    NOT_A_FILE = "not-a-file"
    EMPTY = "empty"
    OUTSIDE_ROOT = "outside-root"
    UNREADABLE = "unreadable"
    NOT_MEDIA = "not-media"
    NO_VIDEO = "no-video"
    UNSUPPORTED_CODEC = "unsupported-codec"
    NO_FRAMES = "no-frames"
    TOO_LARGE = "too-large"
    TIMEOUT = "timeout"
    MEMORY = "out-of-memory"
    CRASHED = "crashed"
    DETECTOR = "detector"
    ANNOTATOR = "annotator"
    ENCODER = "encoder"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class MediaError(ShotseekError):
    """One media file cannot be used.

    Args:
        reason: the stable code
        path: the file, for the message
        detail: what was found, one line
    """

    def __init__(self, reason: Reason, path: str, detail: str) -> None:
        Exception.__init__(self, reason, path, detail)
        self.reason = reason
        self.path = path
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.path}: {self.detail} ({self.reason.value})"


class NotFound(ShotseekError):
    """No video, shot, space or library of that name."""


class PluginError(ShotseekError):
    """The base of what can be wrong with a plugin."""


class UnknownPlugin(PluginError):
    """No plugin of that kind has that name; the message names the nearest."""


class DuplicatePlugin(PluginError):
    """Two distributions provide one name; the message names both."""


class BrokenPlugin(PluginError):
    """A plugin cannot be loaded, or returned what its contract forbids."""


class WeightsMissing(PluginError):
    """A plugin's weights are not on this machine; the message names the command that fetches them."""


class PullFailed(ShotseekError):
    """Weights could not be fetched, or are not what was promised."""


class LibraryError(ShotseekError):
    """The library on disk cannot be used as it is."""


class SchemaTooNew(LibraryError):
    """The library was made by a newer Shotseek than this one."""


class LibraryBusy(LibraryError):
    """Another process is writing to the library.

    Args:
        message: a `Message`, since pages show it
        process: its number, where that is known
    """

    def __init__(self, message: Message, process: int | None = None) -> None:
        super().__init__(message)
        self.process = process


class DiskFull(LibraryError, OSError):
    """There is no room on the disk. What was there before is as it was."""

    @classmethod
    def at(cls, path: object) -> "DiskFull":
        """For a file that could not be written."""
        return cls(f"{path} cannot be written: the disk is full; make room and run the same again")


class DamagedIndex(LibraryError):
    """A vector index file is not what its manifest says. It is a cache: it can be rebuilt."""


class SettingsError(ShotseekError):
    """A setting has a value it cannot have; the message names where it was set."""
