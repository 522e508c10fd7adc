"""Parameters that are not what they should be, in words that can be translated.

Pydantic says what is wrong by a code (``less_than_equal``) and in English of its own. A person is told in
ours; what has none here, such as the words of a rule of ours, is told as it is.
"""

import re
from collections.abc import Sequence
from functools import reduce

from pydantic_core import ErrorDetails

from plugins.messages import Message
from plugins.values import printable

SHOWN = 60
"""characters of what came"""
QUOTED = re.compile(r"'([^']*)'")


def told(errors: Sequence[ErrorDetails]) -> Message:
    """All of them in one line."""
    return reduce(lambda one, other: Message("%(one)s; %(other)s", one=one, other=other), map(_one, errors))


def _one(error: ErrorDetails) -> Message:
    """What is wrong with one parameter."""
    name = ".".join(map(str, error["loc"]))
    limits = {key: f"{n:.15g}" if isinstance(n, float) else n for key, n in error.get("ctx", {}).items()}
    values = {"name": name, "came": _shown(error["input"]), **limits}
    match error["type"]:
        case "missing":
            return Message("%(name)s is missing", **values)
        case "extra_forbidden":
            return Message("there is no parameter %(name)s here", **values)
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return Message("%(name)s is a whole number, not %(came)s", **values)
        case "float_parsing" | "float_type" | "finite_number":
            return Message("%(name)s is a number, not %(came)s", **values)
        case "bool_parsing" | "bool_type":
            return Message("%(name)s is true or false, not %(came)s", **values)
        case "string_type":
            return Message("%(name)s is a text, not %(came)s", **values)
        case "list_type":
            return Message("%(name)s is a list, not %(came)s", **values)
        case "model_type" | "model_attributes_type" | "dict_type":
            return Message("%(name)s is an object, not %(came)s", **values)
        case "date_parsing" | "date_from_datetime_parsing" | "date_from_datetime_inexact" | "date_type":
            return Message("%(name)s is a day like 2024-05-31, not %(came)s", **values)
        case "greater_than_equal":
            return Message("%(name)s is %(ge)s at least, not %(came)s", **values)
        case "greater_than":
            return Message("%(name)s is more than %(gt)s, not %(came)s", **values)
        case "less_than_equal":
            return Message("%(name)s is %(le)s at most, not %(came)s", **values)
        case "string_too_short" | "too_short":
            return Message("%(name)s is too short", **values)
        case "string_too_long" | "too_long":
            return Message("%(name)s is too long: %(max_length)s at most", **values)
        case "string_pattern_mismatch":
            return Message("%(name)s cannot be %(came)s", **values)
        case "enum" | "literal_error":
            names = ", ".join(QUOTED.findall(str(values["expected"])))
            return Message("%(name)s is one of %(names)s, not %(came)s", names=names, **values)
    own = values.get("error")
    what = own.args[0] if isinstance(own, ValueError) and own.args else error["msg"]
    what = what if isinstance(what, Message) else _as_is(str(what))
    return Message("%(name)s: %(what)s", what=what, **values) if name else what


def _as_is(text: str) -> Message:
    """Words that nobody translates."""
    return Message(text)


def _shown(came: object) -> str:
    text = printable(repr(came))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
