"""Filters as SQL conditions over shots, videos and files."""

import os
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    and_,
    case,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.orm.util import AliasedClass

from indexer.catalog.dialects.expressions import each
from indexer.catalog.models import Annotation, File, Shot, Video
from indexer.catalog.naming import LABEL, TAG, label_name
from plugins.queries import Filters

NAMED = text("annotations.source IN ('label', 'tag')")
"""In the words of the index of labels, so that SQLite sees that it can be used."""


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
    yield from (Shot.id.in_(labelled(name)) for name in filters.labels)
    if filters.shots is not None:
        yield Shot.id.in_(select(each(filters.shots).c.value))


def is_of_shots(filters: Filters) -> bool:
    """Whether the conditions speak of shots alone, so that neither videos nor files have to be joined."""
    return replace(filters, labels=(), shots=None, min_duration_us=None, max_duration_us=None) == Filters()


def labelled(name: str) -> CompoundSelect[int]:
    """The ids of the shots that have a label or tag, or are in a span or a video that has the tag."""
    named = NAMED, Annotation.text == label_name(name)
    # a label is of exactly one shot, so only the few tags have to be laid over shots
    labels = select(Annotation.shot_id).where(*named, Annotation.source == LABEL)
    inside = aliased(Shot)
    tags = select(inside.id).join(Annotation, during(inside)).where(*named, Annotation.source == TAG)
    return union_all(labels, tags)  # one list, which the database can start from


def during(shot: type[Shot] | AliasedClass[Shot]) -> ColumnElement[bool]:
    """That an annotation and a shot have time in common."""
    meet = Annotation.start_us < shot.end_us, Annotation.end_us > shot.start_us
    return and_(Annotation.video_id == shot.video_id, *meet)


def below(path: str) -> ColumnElement[bool]:
    """A file inside a folder, or of exactly that path. A range of bytes, so that the index answers it."""
    exact = os.fsencode(path).rstrip(b"/")
    return or_(File.path == exact, and_(File.path > exact + b"/", File.path < exact + b"0"))
