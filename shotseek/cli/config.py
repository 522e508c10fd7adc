"""``shotseek config``: every setting, its value, and where the value came from."""

import click

from shotseek.cli import options, output


@click.command(short_help="Show every setting and where it was set.")
@options.as_json
def config(as_json: bool) -> None:
    """Shows every setting with its value and its origin: default, file, environment or flag.

    A setting may stand in the settings file (TOML), in an environment variable SHOTSEEK_NAME, or be given as
    a flag; the later wins. SHOTSEEK_CONFIG names another settings file.
    """
    from shotseek.settings import config_file, load_with_origins

    settings, origins = load_with_origins()
    values = settings.model_dump(mode="json")
    if as_json:
        rows = {name: {"value": value, "origin": origins[name]} for name, value in values.items()}
        output.emit({"file": str(config_file()), "settings": rows})
        return
    rows_shown = [(name, _shown(value), origins[name]) for name, value in values.items()]
    output.table(["setting", "value", "origin"], rows_shown)
    output.note(f"settings file: {config_file()}{'' if config_file().exists() else ' (not there)'}")


def _shown(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name}={weight:g}" for name, weight in value.items())
    return ", ".join(value) if isinstance(value, list) else value
