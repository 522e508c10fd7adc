"""Every setting, as one table: name, type, default, help; file < environment < flag.

The file is TOML in the user's configuration folder, or wherever ``SHOTSEEK_CONFIG`` says. All are read here,
at the edge, and handed inward as arguments: nothing below `shotseek` reads the environment.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from platformdirs import user_config_path, user_data_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SkipValidation,
    ValidationError,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from indexer.address import Address
from plugins.errors import SettingsError
from plugins.runtimes import AUTO, CHOICES
from plugins.values import printable

PREFIX = "SHOTSEEK_"
CONFIG = "SHOTSEEK_CONFIG"
"""the variable that names another settings file"""
SECRET = ("database",)
"""settings whose values are not repeated where they cannot be: there may be a password in them"""


class Origin(StrEnum):
    """Where the value of a setting came from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


def default_workers() -> int:
    """How many videos are decoded at the same time. A decoder has threads of its own, so fewer than there are
    cores keep them all busy; see `benchmarks.indexing`."""
    return min(8, max(2, (os.cpu_count() or 1) // 2))


def multiply_in_one_thread() -> None:
    """Tells numpy, which must not be imported yet, to multiply matrices in one thread. Where requests run
    beside each other already, threads that wait for the next small product cost as much as all the rest."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def config_file() -> Path:
    """The settings file that is read; it need not exist unless ``SHOTSEEK_CONFIG`` names it."""
    named = os.environ.get(CONFIG)
    return Path(named).expanduser() if named else user_config_path("shotseek") / "settings.toml"


def _as_path(value: object) -> object:
    if value == "":
        raise ValueError("a folder must not be empty")
    return Path(value).expanduser() if isinstance(value, str | os.PathLike) else value


def _as_names(value: object) -> object:
    """``a,b`` of an environment variable as a list; nothing as an empty one."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) and value else value or ()


def _is_name(value: str) -> str:
    if not value.strip():
        raise ValueError("a name must not be empty")
    return value


def _is_address(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError as error:
        raise ValueError(
            "it is no IP address, such as 127.0.0.1, or 0.0.0.0 for all of this machine"
        ) from error


def _is_proxy(address: str) -> str:
    return _is_address(address) if address else ""


def _is_log_format(name: str) -> str:
    if name not in ("text", "json"):
        raise ValueError("there are text, json")
    return name


def _is_runtime(name: str) -> str:
    if name not in CHOICES:
        raise ValueError(f"there are {', '.join(CHOICES)}")
    return name


def _as_weights(value: object) -> object:
    """``words=2,starter=0.5`` as a table."""
    if not isinstance(value, str):
        return value
    parts = [part.rpartition("=") for part in value.split(",") if part.strip()]
    return {name.strip(): weight.strip() for name, _, weight in parts}


def _as_address(value: object) -> object:
    if isinstance(value, str):
        return Address(value) if value else None
    return value


Database = Annotated[
    SkipValidation[Address | None],
    BeforeValidator(_as_address),
    PlainSerializer(lambda value: value and str(value)),
]
Folder = Annotated[Path, BeforeValidator(_as_path)]
Name = Annotated[str, AfterValidator(_is_name)]
Names = Annotated[tuple[Name, ...], NoDecode, BeforeValidator(_as_names)]
Weight = Annotated[float, Field(ge=0, le=100)]
Weights = Annotated[dict[Name, Weight], NoDecode, BeforeValidator(_as_weights)]


class Settings(BaseSettings):
    """The table. `load` makes it; it never changes afterwards."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    library: Folder = Field(
        default_factory=lambda: user_data_path("shotseek") / "library",
        description="Folder of the library: catalog, vectors, thumbnails.",
        json_schema_extra={"default": "`library` in the user's data folder"},
    )
    database: Database = Field(
        None,
        description="PostgreSQL database in which the library's catalog is,"
        " `postgresql://USER@HOST/DATABASE`; the folder then holds what is made of it. Passwords are better"
        " kept in `~/.pgpass`: [storage.md](storage.md).",
        json_schema_extra={"default": "none: `catalog.db` in the library's folder"},
    )
    encoders: Names = Field(
        ("auto",),
        min_length=1,
        description="Encoders to index with. `auto` takes the best one whose weights are on this machine;"
        " `starter` brings its own.",
    )
    detector: Name = Field("content", description="Shot detector to index with.")
    exact: bool = Field(
        False, description="Decode every frame of a video, also where nothing seems to happen in it."
    )
    annotators: Names = Field(("subtitles",), description="Annotators to index with; empty for none.")
    workers: int = Field(
        default_factory=default_workers,
        ge=1,
        le=256,
        description="Videos that are decoded at the same time when indexing, each in a process of its own.",
        json_schema_extra={"default": "half the processor's cores, at least 2, at most 8"},
    )
    watch: float = Field(
        15,
        ge=0,
        le=86_400,
        description="Seconds between two looks at watched folders, for `serve` and `watch`; 0 for none.",
    )
    store: Name = Field("faiss", description="Vector store that searches the vectors.")
    models: Folder = Field(
        default_factory=lambda: user_data_path("shotseek") / "models",
        description="Folder of fetched weights (`shotseek pull`).",
        json_schema_extra={"default": "`models` in the user's data folder"},
    )
    device: Name = Field("auto", description="Where encoders run: `auto`, `cpu`, `cuda`, `cuda:1`.")
    runtime: Annotated[str, AfterValidator(_is_runtime)] = Field(
        AUTO,
        description="How models run on a processor: `eager` is PyTorch as it is, `bf16` computes in 16 bits,"
        " `int8` in 8. `auto` takes the fastest that was measured to agree with `eager` (cosine 0.999),"
        " `fast` is content with 0.99 (`shotseek measure`).",
    )
    max_shot: float = Field(
        20, ge=1, le=86_400, description="A longer shot is entered in pieces of this many seconds."
    )
    stall_timeout: float = Field(
        30, ge=1, le=86_400, description="Seconds without a new frame after which a file counts as hung."
    )
    decoder_memory: int = Field(
        8192,
        ge=512,
        le=1 << 24,
        description="MiB that each process that decodes videos may take, with the models of its annotators;"
        " a video that needs more fails alone.",
    )
    labels: bool = Field(
        False, description="Label every shot at the end of `shotseek index`, as `shotseek label` does."
    )
    vocabulary: str = Field(
        "",
        description="File of the labels, one a line.",
        json_schema_extra={"default": "the list that ships with Shotseek"},
    )
    results: int = Field(20, ge=1, le=200, description="How many hits a search shows.")
    weights: Weights = Field(
        default_factory=dict,
        description="How much a source counts beside the others when answers are fused: an encoder's name, or"
        " `words`; 1 where it does not say, 0 leaves it out. `words=2,starter=0.5`, or a table in the file.",
        json_schema_extra={"default": "1 for each"},
    )
    within: float = Field(
        30,
        ge=0.001,
        le=86_400,
        description="Seconds in which what follows must begin in `a dog >> a ball`, where a query does not"
        " say (`>>5s`).",
    )
    proxy_space: int = Field(
        4096,
        ge=64,
        le=1 << 24,
        description="MiB that copies of videos which browsers cannot play may take in the library's folder;"
        " the longest unused go first.",
    )
    host: Annotated[str, AfterValidator(_is_address)] = Field(
        "127.0.0.1",
        description="Address the page is served on. One that others can reach needs accounts or a link:"
        " [server.md](server.md).",
    )
    port: int = Field(8484, ge=0, le=65_535, description="Port the page is served on; 0 takes a free one.")
    names: Names = Field(
        (),
        description="Host names that the server answers to besides `localhost` and its addresses, such as"
        " `films.example.org`.",
        json_schema_extra={"default": "none"},
    )
    proxy: Annotated[str, AfterValidator(_is_proxy)] = Field(
        "",
        description="Address of a reverse proxy in front, such as `127.0.0.1`: its `X-Forwarded-For`,"
        " `-Proto` and `-Host` are believed, nobody else's.",
        json_schema_extra={"default": "none"},
    )
    log_format: Annotated[str, AfterValidator(_is_log_format)] = Field(
        "text",
        description="What `serve` writes to stderr: `text` is what goes wrong, `json` is that and every"
        " request, one object a line.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())


_held: dict[str, object] = {}


def hold(**flags: object) -> None:
    """Flags that hold for all that a command does, until they are others."""
    _held.clear()
    _held.update(flags)


def load(**flags: object) -> Settings:
    """The settings in force.

    Args:
        flags: values given on the command line or by a caller; None means not given

    Raises:
        SettingsError: a value cannot be, or a name is no setting; the message names where it was set
    """
    return load_with_origins(**flags)[0]


def load_with_origins(**flags: object) -> tuple[Settings, Mapping[str, Origin]]:
    """The settings in force, and where each came from; see `load`."""
    given = {name: value for name, value in (_held | flags).items() if value is not None}
    _check_environment()
    origins = dict.fromkeys(Settings.model_fields, Origin.DEFAULT)
    origins |= dict.fromkeys(_file_values(), Origin.FILE)
    origins |= dict.fromkeys(EnvSettingsSource(Settings)(), Origin.ENVIRONMENT)
    origins |= dict.fromkeys(given, Origin.FLAG)
    try:
        return Settings(**given), origins  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        raise SettingsError(_message(error.errors()[0], origins)) from error


def _file_values() -> Mapping[str, object]:
    file = config_file()
    try:
        if not file.exists() and CONFIG in os.environ:
            raise SettingsError(f"{printable(str(file))}, named by {CONFIG}, does not exist")
        return TomlConfigSettingsSource(Settings, file)()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"settings file {printable(str(file))} cannot be read: {error}") from error


def _check_environment() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise SettingsError(f"environment variable {name} is no setting; {_nearest(name, known)}")


def _message(error: ErrorDetails, origins: Mapping[str, Origin]) -> str:
    name = str(error["loc"][0])
    origin = origins[name]
    where = {
        Origin.FILE: f"in {printable(str(config_file()))}",
        Origin.ENVIRONMENT: f"in environment variable {PREFIX}{name.upper()}",
        Origin.FLAG: "given here",
        Origin.DEFAULT: "by default",
    }[origin]
    if name not in Settings.model_fields:
        return f"{name!r}, {where}, is no setting; {_nearest(name, Settings.model_fields)}"
    said = error["msg"].removeprefix("Value error, ")
    shown = "used" if name in SECRET else repr(error["input"])
    return f"setting {name!r}, {where}, cannot be {shown}: {said}"


def _nearest(name: str, known: Mapping[str, object] | set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else "see `shotseek config`"
