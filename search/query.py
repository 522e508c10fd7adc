"""Makes query values from what people give: words, a picture file, a clip. Refuses what cannot be one."""

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from plugins.errors import InvalidQuery, NotFound
from plugins.messages import Message
from plugins.queries import Clip, Filters, LikeShot, Picture, Query, Term, Text
from plugins.values import as_path_text, printable
from search.syntax import parse

MAX_CHARACTERS = 1_000
"""of a sentence"""
MAX_TERMS, MAX_STEPS = 16, 5
"""of one query"""
MAX_PIXELS = 64_000_000
"""of a picture"""
MAX_HITS = 200
"""of one answer"""
MAX_DEPTH = 10_000
"""how far down the answers can be paged"""
PICTURE_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")


def query(words: str, terms: Sequence[Term], filters: Filters, *, find: Callable[[str], list[int]]) -> Query:
    """What a text in the language of the search box asks for, together with other terms and filters.

    Args:
        find: the videos of a name, at least one

    Raises:
        QuerySyntax: the text cannot be read; says at which character
        InvalidQuery: it is too long
        NotFound: there is no video of a name
    """
    if len(words) > MAX_CHARACTERS:
        raise InvalidQuery(
            "a query may have %(most)s characters, this one has %(count)s",
            most=MAX_CHARACTERS,
            count=len(words),
        )
    parsed = parse(words)
    named = Filters(videos=tuple(id_ for name in parsed.videos for id_ in find(name)))
    return Query((*parsed.terms, *terms), filters & parsed.filters & named, parsed.then)


def examples(
    image: str | os.PathLike[str] | None,
    clip_path: str | os.PathLike[str] | None,
    like: int | None,
    unlike_images: Sequence[str | os.PathLike[str]],
    unlike: Sequence[int],
) -> list[Term]:
    """What is asked with besides words: a picture, a clip and a shot, and pictures and shots not wanted.

    Raises:
        NotFound, InvalidQuery: as `picture` and `clip`
    """
    wanted: list[Term] = []
    if image is not None:
        wanted.append(picture(image))
    if clip_path is not None:
        wanted.append(clip(clip_path))
    if like is not None:
        wanted.append(LikeShot(like))
    pictures = (replace(picture(path), weight=-1.0) for path in unlike_images)
    return [*wanted, *pictures, *(LikeShot(shot, weight=-1.0) for shot in unlike)]


def picture(source: str | os.PathLike[str] | BinaryIO) -> Picture:
    """A picture from a file or an open binary stream, turned upright as its EXIF says.

    Raises:
        NotFound: no such file
        InvalidQuery: not a picture, damaged, or larger than `MAX_PIXELS`
    """
    from PIL import Image, ImageOps

    name = printable(str(source)) if isinstance(source, str | os.PathLike) else Message("the picture")
    try:
        data = Path(source).read_bytes() if isinstance(source, str | os.PathLike) else source.read()
        opened = Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
        if opened.width * opened.height > MAX_PIXELS:
            raise InvalidQuery(_too_large(name))
        upright = ImageOps.exif_transpose(opened)
        return Picture(np.asarray(upright.convert("RGB"), dtype=np.uint8))
    except FileNotFoundError as error:
        raise NotFound("no such picture: %(name)s", name=name) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidQuery(_too_large(name)) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise InvalidQuery(
            "%(name)s is not a picture that can be read (JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF)", name=name
        ) from error


def _too_large(name: str) -> Message:
    return Message(
        "%(name)s has too many pixels; a picture may have %(most)s", name=name, most=f"{MAX_PIXELS:,}"
    )


def clip(path: str | os.PathLike[str]) -> Clip:
    """A video file as a query; whether it decodes shows when it is searched with.

    Raises:
        NotFound: no such file
    """
    if not os.path.lexists(path):
        raise NotFound("no such clip: %(path)s", path=printable(str(path)))
    return Clip(as_path_text(path))


def check(query: Query, k: int, offset: int) -> None:
    """Refuses a query that cannot be answered.

    Raises:
        InvalidQuery
    """
    if not 1 <= k <= MAX_HITS:
        raise InvalidQuery("an answer has 1 to %(most)s hits, not %(wanted)s", most=MAX_HITS, wanted=k)
    if not 0 <= offset <= MAX_DEPTH:
        raise InvalidQuery(
            "answers can be paged up to %(most)s, not %(offset)s", most=f"{MAX_DEPTH:,}", offset=offset
        )
    steps = [query.terms, *(step.terms for step in query.then)]
    for terms in steps:
        if not terms:
            raise InvalidQuery("a query needs words, a picture, a clip or a shot; this one is empty")
        if all(term.weight < 0 for term in terms):
            raise InvalidQuery("a query says what must not be there, but not what to look for")
    if sum(map(len, steps)) > MAX_TERMS or len(steps) > MAX_STEPS:
        raise InvalidQuery(
            "a query may have %(terms)s terms in %(steps)s steps", terms=MAX_TERMS, steps=MAX_STEPS
        )
    for term in (term for terms in steps for term in terms):
        if isinstance(term, Text) and not 0 < len(term.text.strip()) <= MAX_CHARACTERS:
            raise InvalidQuery("words to look for have 1 to %(most)s characters", most=MAX_CHARACTERS)
