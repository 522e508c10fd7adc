"""Settings: file < environment < flag, each value with its origin, and a bad one names where it was set."""

from pathlib import Path

import pytest

from plugins.errors import SettingsError
from shotseek.settings import Origin, config_file, load, load_with_origins


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty settings file that is in force."""
    path = tmp_path / "settings.toml"
    path.write_text("")
    monkeypatch.setenv("SHOTSEEK_CONFIG", str(path))
    return path


def test_defaults_need_no_file() -> None:
    settings, origins = load_with_origins()
    assert (settings.host, settings.port, settings.encoders) == ("127.0.0.1", 8484, ("auto",))
    assert set(origins.values()) == {Origin.DEFAULT}


def test_the_later_layer_wins(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('port = 1\nresults = 1\nmax_shot = 1\nencoders = ["a", "b"]\n')
    monkeypatch.setenv("SHOTSEEK_RESULTS", "2")
    monkeypatch.setenv("SHOTSEEK_MAX_SHOT", "2")
    settings, origins = load_with_origins(max_shot="3", device=None)
    assert (settings.port, settings.results, settings.max_shot) == (1, 2, 3)
    assert settings.encoders == ("a", "b")
    assert origins["port"] is Origin.FILE
    assert origins["results"] is Origin.ENVIRONMENT
    assert origins["max_shot"] is Origin.FLAG
    assert origins["device"] is Origin.DEFAULT


def test_lists_in_the_environment_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOTSEEK_ENCODERS", "palette, cnn:resnet50")
    monkeypatch.setenv("SHOTSEEK_ANNOTATORS", "")
    assert load().encoders == ("palette", "cnn:resnet50")
    assert load().annotators == ()


def test_the_file_in_the_configuration_folder_is_read() -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text("port = 4711\n")
    try:
        assert load().port == 4711
    finally:
        config_file().unlink()


def test_folders_may_hold_any_bytes(tmp_path: Path) -> None:
    odd = str(tmp_path / "caf\udce9")
    assert str(load(library=odd).library) == odd


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = 'x'", "setting 'port', in {file}, cannot be 'x'"),
        ("prot = 1", "'prot', in {file}, is no setting; did you mean 'port'?"),
        ("port = ", "settings file {file} cannot be read"),
        ("encoders = []", "setting 'encoders', in {file}"),
    ],
)
def test_a_bad_file_is_named(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load()
    assert message.format(file=file) in str(caught.value)


def test_a_file_that_is_named_must_exist(file: Path) -> None:
    file.unlink()
    with pytest.raises(SettingsError, match="named by SHOTSEEK_CONFIG, does not exist"):
        load()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SHOTSEEK_PORT", "70000", "in environment variable SHOTSEEK_PORT, cannot be '70000'"),
        ("SHOTSEEK_PROT", "1", "SHOTSEEK_PROT is no setting; did you mean 'SHOTSEEK_PORT'?"),
        ("SHOTSEEK_LIBRARY", "", "a folder must not be empty"),
    ],
)
def test_a_bad_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert message in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("host", "films"), ("proxy", "films"), ("log_format", "xml")])
def test_what_is_served_how(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"setting '{name}', given here, cannot be '{value}'"):
        load(**{name: value})


def test_the_password_of_a_database_is_in_no_text_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing with the setting as a plain string, and with the value in the message."""
    monkeypatch.setenv(
        "SHOTSEEK_DATABASE", "postgresql://me:hid%40den@host/films?sslmode=require&password=hidden"
    )
    settings = load()
    assert settings.database is not None
    shown = "postgresql://me:***@host/films?sslmode=require&password=***"
    assert str(settings.database) == settings.model_dump(mode="json")["database"] == shown
    assert "hid" not in f"{settings} {settings!r} {settings.model_dump()}"
    with pytest.raises(SettingsError, match="'database', given here, cannot be used: ") as caught:
        load(database="mysql://me:hidden@host/films")
    assert "hid" not in f"{caught.value} {caught.value.__cause__}"
    monkeypatch.setenv("SHOTSEEK_DATABASE", "")
    assert load().database is None
