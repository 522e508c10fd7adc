"""Annotators of strangers, good and bad."""

import time
from collections.abc import Iterator, Sequence
from typing import ClassVar

from plugins.contracts import Annotator, Media
from plugins.values import Annotation, Shot


class Numbers(Annotator):
    """Every shot's number."""

    source: ClassVar[str] = "numbers"

    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        for shot in shots:
            yield Annotation(shot.span, self.source, f"number {shot.index}")


class Thinks(Annotator):
    """Says nothing for as many seconds as its argument says, and then one word."""

    source: ClassVar[str] = "thinks"

    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        time.sleep(float(self.argument))
        yield Annotation(shots[0].span, self.source, "eureka")


class Fails(Annotator):
    """Writes one line and then no more."""

    source: ClassVar[str] = "fails"

    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        yield Annotation(shots[0].span, self.source, "so far")
        raise ZeroDivisionError("by nothing")
