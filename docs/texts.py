"""Writes web/locale/messages.pot, every text of the pages for translators, and web/locale/scripts.json,
those of the scripts; a test says when they are behind.

python docs/texts.py
"""

import json
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po

from search.export.formats import FORMATS
from web.texts import HERE

WEB = HERE.parent
ROOMS = ("indexer", "plugins", "search")
"""below, whose errors and notes pages show"""
TOLD = dict.fromkeys(
    (
        "BrokenPlugin",
        "DuplicatePlugin",
        "InvalidQuery",
        "InvalidValue",
        "Message",
        "NotFound",
        "NotUnderstood",
        "PluginError",
        "QuerySyntax",
        "UnknownPlugin",
        "Unsupported",
        "WeightsMissing",
    )
)
"""what takes a template first"""
METHODS = [
    ("static/vendor/**", "ignore"),
    ("static/**.js", "javascript"),
    ("templates/**.html", "jinja2"),
    ("**.py", "python"),
]
OPTIONS = {"templates/**.html": {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}}


def files() -> dict[str, str]:
    """Both files, by name. Without dates and line numbers, so that they change with the texts only."""
    catalog = Catalog(project="Shotseek", charset="utf-8")
    scripts: set[tuple[str, str]] = set()
    found = extract_from_dir(WEB, METHODS, OPTIONS, DEFAULT_KEYWORDS | {"later": None} | TOLD)
    for name, _, message, comments, context in sorted(found, key=lambda item: (item[0], item[1])):
        catalog.add(message, locations=[(f"web/{name}", 0)], auto_comments=comments, context=context)
        if name.startswith("static/"):
            one, other = (message, "") if isinstance(message, str) else message[:2]
            scripts.add((one, other))
    for room in ROOMS:
        told = extract_from_dir(WEB.parent / room, [("**.py", "python")], {}, TOLD)
        for name, _, message, comments, _ in sorted(told, key=lambda item: (item[0], item[1])):
            catalog.add(message, locations=[(f"{room}/{name}", 0)], auto_comments=comments)
    for form in FORMATS:
        for text in (form.group, form.title, form.about):
            catalog.add(text, locations=[("search/export/formats.py", 0)])
    written = BytesIO()
    write_po(written, catalog, include_lineno=False, sort_output=True, omit_header=True)
    lines = ",\n".join(json.dumps(pair, ensure_ascii=False) for pair in sorted(scripts))
    return {
        "messages.pot": HEADER + written.getvalue().decode("utf-8"),
        "scripts.json": f"[\n{lines}\n]\n",
    }


HEADER = """\
# The texts of Shotseek's pages. Written by docs/texts.py (`make texts`); edit the pages, not this file.
msgid ""
msgstr ""
"Project-Id-Version: Shotseek\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def main() -> None:
    HERE.mkdir(exist_ok=True)
    for name, text in files().items():
        Path(HERE / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
