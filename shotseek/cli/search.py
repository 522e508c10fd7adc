"""``shotseek search``: finds moments by a sentence, a picture, a clip or a shot."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from plugins.queries import Filters, Hit, Results
from plugins.values import SECOND, as_path_text, timecode
from shotseek.cli import options, output

if TYPE_CHECKING:
    from shotseek.videolibrary import VideoLibrary

SECONDS = click.FloatRange(min=0)
DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command(short_help="Find moments by a sentence, a picture, a clip or a shot.")
@click.argument("text", required=False)
@click.option("--image", type=options.PATH, metavar="FILE", help="Find what looks like this picture.")
@click.option("--clip", type=options.PATH, metavar="FILE", help="Find what looks like this video.")
@click.option("--like", type=int, metavar="SHOT", help="Find what looks like this shot of the library.")
@click.option(
    "--unlike-image", "unlike_images", multiple=True, type=options.PATH, metavar="FILE", help="Not its like."
)
@click.option("--unlike", type=int, multiple=True, metavar="SHOT", help="Neither this shot nor its like.")
@options.library
@click.option("--encoder", "encoders", multiple=True, metavar="NAME", help="Ask only this encoder.")
@options.setting("results", "-k", "How many hits at most", metavar="N")
@click.option("--video", "videos", multiple=True, metavar="VIDEO", help="Only in this: id, path or name.")
@click.option("--folder", "folders", multiple=True, type=options.PATH, metavar="DIR", help="Only below this.")
@click.option("--min-duration", type=SECONDS, metavar="SECONDS", help="Only shots at least this long.")
@click.option("--max-duration", type=SECONDS, metavar="SECONDS", help="Only shots at most this long.")
@click.option("--after", type=DATE, metavar="DATE", help="Only videos made at or after this local time.")
@click.option("--before", type=DATE, metavar="DATE", help="Only videos made before this local time.")
@options.setting("weights", "--weights", "How much sources count: words=2,starter=0.5", metavar="WEIGHTS")
@click.option("--order", type=click.Choice(["score", "date"]), default="score", help="Best or latest first.")
@click.option("--per-video", type=click.IntRange(min=1), metavar="N", help="Hits of one video, at most.")
@click.option("--export", type=options.PATH, metavar="FILE", help="Write the hits, as cuts.edl say.")
@options.as_json
def search(
    text: str | None,
    image: str | None,
    clip: str | None,
    like: int | None,
    unlike_images: tuple[str, ...],
    unlike: tuple[int, ...],
    library: str | None,
    encoders: tuple[str, ...],
    results: str | None,
    weights: str | None,
    order: str,
    per_video: int | None,
    export: str | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """Finds moments by a sentence, a picture, a clip, a shot, or several of them together.

    A hit says where to start playing, and why it was found: which encoder, or which words. For example:

        shotseek search "a red flower -people" --after 2024-05-01

        shotseek search "a dog >> a ball"

        shotseek search "a beach" --image holiday.jpg --unlike-image party.jpg

        shotseek search "a red flower" --export flowers.edl

    The language of TEXT stands in docs/search.md, the files that --export writes in docs/collections.md.
    """
    from shotseek.videolibrary import open_library

    with open_library(library, results=results, weights=weights) as opened:
        found = opened.search(
            text,
            image=image,
            clip=clip,
            like=like,
            unlike_images=unlike_images,
            unlike=unlike,
            encoders=encoders,
            filters=_filters(opened, **filters),
            order=order,
            per_video=per_video,
        )
        notes = opened.export(found.hits, export, name=text) if export and found.hits else []
    output.note(*notes)
    if as_json:
        output.emit(document(found))
    else:
        _show(found)


def _filters(
    opened: "VideoLibrary",
    *,
    videos: tuple[str, ...],
    folders: tuple[str, ...],
    min_duration: float | None,
    max_duration: float | None,
    after: datetime | None,
    before: datetime | None,
) -> Filters:
    return Filters(
        videos=tuple(video.id for name in videos for video in opened.find(name)),
        folders=tuple(as_path_text(folder) for folder in folders),
        min_duration_us=None if min_duration is None else round(min_duration * SECOND),
        max_duration_us=None if max_duration is None else round(max_duration * SECOND),
        after=after and after.astimezone(UTC),
        before=before and before.astimezone(UTC),
    )


def document(results: Results) -> dict[str, object]:
    """Results as JSON; times in seconds."""
    hits, notes = [_hit(hit) for hit in results.hits], list(results.notes)
    return {"hits": hits, "convincing": results.convincing, "notes": notes}


def _hit(hit: Hit) -> dict[str, object]:
    return {
        "video": hit.video.path,
        "shot": hit.shot.id,
        "start": output.seconds(hit.shot.span.start_us),
        "end": output.seconds(hit.shot.span.end_us),
        "at": output.seconds(hit.at_us),
        "timecode": timecode(hit.at_us),
        "from": output.seconds(hit.span.start_us),
        "to": output.seconds(hit.span.end_us),
        "confidence": _sure(hit) or None,
        "score": hit.score,
        "evidence": [
            {
                "source": item.source,
                "rank": item.rank,
                "score": item.score,
                "at": output.seconds(item.at_us),
                "snippet": item.snippet,
            }
            for item in hit.evidence
        ],
    }


def _show(results: Results) -> None:
    for text in results.notes:
        output.note(text)
    if not results.hits:
        output.note("nothing found")
        return
    if not results.convincing:
        output.note("nothing convincing found; what comes nearest:")
    rows = [
        (number, timecode(hit.at_us), hit.video.name, hit.shot.id, _sure(hit), f"{hit.score:.4f}", _why(hit))
        for number, hit in enumerate(results.hits, 1)
    ]
    output.table(["", "at", "video", "shot", "sure", "score", "found by"], rows)


def _sure(hit: Hit) -> str:
    return hit.confidence.name.lower() if hit.confidence else ""


def _why(hit: Hit) -> str:
    """The sources in order of rank: ``words 1 “a red ball”, palette 3``."""
    return ", ".join(
        f"{item.source} {item.rank}" + (f" “{item.snippet}”" if item.snippet else "") for item in hit.evidence
    )
