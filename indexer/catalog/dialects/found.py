"""What every full-text search has in common: where a match lies, and what it must be besides."""

from typing import Any

from sqlalchemy import Select, select

from indexer.catalog.conditions import conditions
from indexer.catalog.dialects.expressions import larger, position, smaller
from indexer.catalog.models import Annotation, File, Shot, Video
from indexer.catalog.naming import LABEL
from indexer.catalog.questions import Question
from plugins.queries import Filters


def found(question: Question, filters: Filters, score: Any, shown: Any) -> Select[Any]:
    """Annotations with the parts of a question and in shots that satisfy filters, as `WordIndex.matches` has
    them."""
    at = smaller(larger(Annotation.start_us, Shot.start_us), Shot.end_us - 1)
    end = larger(smaller(Annotation.end_us, Shot.end_us), at + 1)
    return (
        select(Annotation.shot_id, at, end, score, Annotation.source, shown, Annotation.text)
        .select_from(Annotation)
        .where(Annotation.source != LABEL)  # what an encoder thinks, which it says by itself
        .join(Shot, Shot.id == Annotation.shot_id)
        .join(Video, Video.id == Shot.video_id)
        .join(File, File.id == Video.id)
        .where(*(position(Annotation.folded, part) > 0 for part in question.parts), *conditions(filters))
    )
