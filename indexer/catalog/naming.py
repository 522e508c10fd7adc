"""Names of things, as labels and tags are kept and compared."""

import unicodedata

from plugins.errors import InvalidValue

LABEL, TAG = "label", "tag"
"""The sources of annotations whose text is such a name: by an encoder, by a person."""
MAX_LABEL = 100
"""characters"""


def label_name(text: str) -> str:
    """A tag or label as it is kept: composed, in lower case, one space between words.

    Raises:
        InvalidValue: empty, or longer than `MAX_LABEL`
    """
    composed = unicodedata.normalize("NFC", text).lower().encode("utf-8", "replace").decode("utf-8")
    name = " ".join("".join(char if char.isprintable() else " " for char in composed).split())
    if not 1 <= len(name) <= MAX_LABEL:
        raise InvalidValue(
            "a tag has 1 to %(most)s characters, got %(text)s", most=MAX_LABEL, text=repr(text)
        )
    return name
