"""The texts of the pages in the visitor's language.

English stands in the templates and scripts and is what is asked for by; every other language is one folder
``LOCALE/LC_MESSAGES/messages.mo``. A browser says which languages its visitor reads. What search and
library have to say comes as `Message`, and is translated where it is shown.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import flask_babel
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_babel import Babel, format_number, get_locale, get_translations

from plugins.messages import Message

PAGE = "Shotseek-Page"
"""header by which scripts say that a person reads what they are answered"""
HERE = Path(__file__).with_name("locale")
ENGLISH = "en"
COUNTED = 300
"""numbers tried to learn which form of a word goes with which kind of number; no language needs more"""


def prepare(app: Flask, folder: Path = HERE) -> None:
    """Gives templates ``_``, ``ngettext`` and the texts of the scripts; `folder` holds the translations."""
    spoken = [ENGLISH, *languages(folder)]
    Babel(
        app,
        default_locale=ENGLISH,
        default_translation_directories=str(folder),
        locale_selector=lambda: request.accept_languages.best_match(spoken, ENGLISH),
    )
    app.jinja_env.globals.update(
        language=language, number=format_number, script_texts=script_texts, told=told
    )


def gettext(text: str, **values: object) -> str:
    """A text in the visitor's language; ``%(name)s`` in it is filled in."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, other: str, number: int, **values: object) -> str:
    """The text for a number, which ``%(num)s`` in it stands for."""
    return str(flask_babel.ngettext(one, other, number, **values))


def later(text: str) -> str:
    """Marks a text of a table for translation; whoever shows it translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Told:
    """A message as it is shown."""

    text: str
    lang: str
    """``en`` where the page is in another language and nobody has translated it; else empty"""


def told(message: str) -> Told:
    """A message in the visitor's language."""
    if not message or not isinstance(message, Message):
        return Told(message, "" if language() == ENGLISH else ENGLISH)
    known = _known(message.template) != message.template or language() == ENGLISH
    return Told(message.said(_known), "" if known else ENGLISH)


def answered(message: str) -> str:
    """A message in the JSON API: English for programs, and for scripts of pages what their visitor reads."""
    return told(message).text if PAGE in request.headers else str(message)


def _known(template: str) -> str:
    return str(flask_babel.gettext(template)) if template else ""


def languages(folder: Path) -> list[str]:
    """Those that there is a translation for, as browsers call them."""
    return sorted(path.parts[-3].replace("_", "-") for path in folder.glob("*/LC_MESSAGES/messages.mo"))


def language() -> str:
    """What the page is written in, as browsers call it."""
    return str(get_locale()).replace("_", "-")


def script_texts() -> str:
    """What the scripts say, as JSON: English -> translation, or -> a form for each kind of number
    (``one``, ``few``, …). Empty for English, which stands in the scripts."""
    translations = get_translations()
    if language() == ENGLISH or not isinstance(translations, Translations):
        return "{}"
    texts = {text: _translated(translations, text, plural) for text, plural in said_by_scripts()}
    return json.dumps(texts, ensure_ascii=False)


@cache
def said_by_scripts() -> tuple[tuple[str, str], ...]:
    """The texts of the scripts, and their plurals or "", as `make texts` found them."""
    found = json.loads((HERE / "scripts.json").read_text("utf-8"))
    return tuple((text, plural) for text, plural in found)


def _translated(translations: NullTranslations, text: str, plural: str) -> Any:
    if not plural:
        return translations.gettext(text)
    kind = get_locale().plural_form
    return {kind(number): translations.ngettext(text, plural, number) for number in range(COUNTED, -1, -1)}
