"""Filters as SQL conditions over shots, videos and files."""

import os
from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from indexer.catalog.models import Annotation, File, Shot, Video
from plugins.queries import Filters

NAMING = ("label", "tag")
"""Sources whose text is the name of a thing and no sentence."""


def conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """What a row of shots joined with videos and files must satisfy."""
    if filters.videos:
        yield Video.id.in_(filters.videos)
    if filters.folders:
        yield or_(*map(below, filters.folders))
    length = Shot.end_us - Shot.start_us
    if filters.min_duration_us is not None:
        yield length >= filters.min_duration_us
    if filters.max_duration_us is not None:
        yield length <= filters.max_duration_us
    if filters.after is not None:
        yield Video.created >= filters.after
    if filters.before is not None:
        yield Video.created < filters.before
    if filters.codecs:
        yield Video.codec.in_(filters.codecs)
    shorter = case((Video.width < Video.height, Video.width), else_=Video.height)
    if filters.min_height is not None:
        yield shorter >= filters.min_height
    if filters.max_height is not None:
        yield shorter <= filters.max_height
    for source in filters.sources:
        yield Video.id.in_(select(Annotation.video_id).where(Annotation.source == source))
    for label in filters.labels:
        named = func.lower(Annotation.text) == func.lower(label)
        yield Shot.id.in_(select(Annotation.shot_id).where(Annotation.source.in_(NAMING), named))


def below(path: str) -> ColumnElement[bool]:
    """A file inside a folder, or of exactly that path. A range of bytes, so that the index answers it."""
    exact = os.fsencode(path).rstrip(b"/")
    return or_(File.path == exact, and_(File.path > exact + b"/", File.path < exact + b"0"))
