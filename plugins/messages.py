"""What a person is told: English that knows what it was made of, so that it can be said in other languages.

Programs and terminals take it for the text that it is. Pages translate the template; see docs/texts.md.
"""

from collections.abc import Callable, Mapping
from typing import Self


class Message(str):
    """One line, filled in."""

    template: str
    """English, with ``%(name)s`` for each value; what translators are shown"""
    values: Mapping[str, object]
    """numbers, names, and other messages"""

    def __new__(cls, template: str, /, **values: object) -> Self:
        """
        Args:
            template: written where it is used, not held in a variable, so that `make texts` finds it
        """
        message = super().__new__(cls, _filled(template, values))
        message.template, message.values = template, values
        return message

    def said(self, translated: Callable[[str], str]) -> str:
        """The same in another language.

        Args:
            translated: a template in that language
        """
        values = {
            name: value.said(translated) if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        return _filled(translated(self.template), values)


def _filled(template: str, values: Mapping[str, object]) -> str:
    return template % values if values else template
