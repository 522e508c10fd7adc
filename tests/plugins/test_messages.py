"""What is said is a text to programs, and a template with its values to whoever translates."""

import json
import pickle

from plugins.errors import MediaError, NotFound, QuerySyntax, Reason
from plugins.messages import Message

GERMAN = {
    "no %(what)s in %(place)s": "in %(place)s gibt es nichts, das %(what)s heißt",
    "the library": "der Bibliothek",
}


def german(template: str) -> str:
    return GERMAN.get(template, template)


def test_it_is_the_text() -> None:
    made = Message("no %(what)s in %(place)s", what="video 7", place=Message("the library"))
    assert made == "no video 7 in the library"
    assert json.dumps([made]) == '["no video 7 in the library"]'


def test_it_is_said_in_another_language_with_all_that_is_in_it() -> None:
    made = Message("no %(what)s in %(place)s", what="video 7", place=Message("the library"))
    assert made.said(german) == "in der Bibliothek gibt es nichts, das video 7 heißt"


def test_signs_of_a_text_without_values_stay() -> None:
    assert Message("100 %(not a value) of 100%").said(german) == "100 %(not a value) of 100%"


def test_it_crosses_processes_with_its_error() -> None:
    error = pickle.loads(pickle.dumps(NotFound("no %(what)s in %(place)s", what="x", place="y")))
    assert str(error) == "no x in y"
    assert error.message.said(german) == "in y gibt es nichts, das x heißt"


def test_every_error_has_one() -> None:
    wrong = QuerySyntax("no %(what)s in %(place)s", 4, what="end", place="sight")
    assert str(wrong) == wrong.message == "character 5: no end in sight"
    assert wrong.message.said(german) == "character 5: in sight gibt es nichts, das end heißt"
    assert MediaError(Reason.EMPTY, "a.mp4", "is empty").message == "a.mp4: is empty (empty)"
