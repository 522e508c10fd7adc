"""query -> encode -> retrieve -> fuse -> page of hits."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Self

from indexer.decoder import Decoder
from indexer.encode import encode_shots, encode_texts, spread
from indexer.library import Library
from indexer.media import Limits
from indexer.scan import ScannedShot
from plugins.contracts import Context, Encoder
from plugins.errors import NotFound, NotUnderstood, PluginError, Unsupported
from plugins.queries import Clip, Filters, Hit, LikeShot, Picture, Query, Results, Term, Text
from plugins.registry import encoder
from plugins.values import SECOND, Image, Space, Vectors
from search.fuse import Fused, Ranking, fuse
from search.query import check
from search.retrieve import WORDS, by_vectors, by_words

FUSION_DEPTH = 100
"""A shot that two sources have this far down could still not pass one that a source has first."""
CLIP_SHOT_US = 10 * SECOND
"""A clip that is asked with is looked at in pieces of this length at most."""
CLIP_SHOTS = 64
"""and no further than so many pieces"""
FRAMES_PER_SHOT = 4
"""of a clip that is asked with"""


class Engine:
    """Answers queries over one library. Safe to use from many threads.

    Encoders are made when a query first needs them, and kept.
    """

    def __init__(
        self, library: Library, *, context: Context | None = None, limits: Limits | None = None
    ) -> None:
        self.library = library
        self.decoder = Decoder(limits or Limits())
        """opens clips that are asked with, and frames whose thumbnails are gone"""
        self._context = context
        self._encoders: dict[str, Encoder] = {}
        self._lock = threading.RLock()

    def close(self) -> None:
        self.decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def search(self, query: Query, *, k: int = 20, offset: int = 0, encoders: Sequence[str] = ()) -> Results:
        """The shots that answer a query.

        Args:
            k: how many hits, 1 to 200
            offset: how many better ones to leave out
            encoders: ask only the spaces of these encoders, by reference; all by default

        Raises:
            InvalidQuery: empty, too long, or out of range
            NotFound: an encoder that was asked for has no vectors here, or a shot is unknown
            Unsupported, NotUnderstood, PluginError: what an encoder that was asked for cannot do; of one
                that was not asked for by name it is said in the notes instead
            MediaError: a clip cannot be decoded
        """
        check(query, k, offset)
        asked = _Asked(self, query.filters, _depth(offset + k), strict=bool(encoders))
        spaces = self._spaces(encoders)
        rankings = [ranking for term in query.terms for ranking in asked.rankings(term, spaces)]
        page = fuse(rankings)[offset : offset + k]
        return Results(self._hits(page), tuple(dict.fromkeys(asked.notes)))

    def encoder(self, reference: str) -> Encoder:
        """The encoder of a reference, made once.

        Raises:
            PluginError
        """
        with self._lock:
            if reference not in self._encoders:
                self._encoders[reference] = encoder(reference, self._context)
            return self._encoders[reference]

    def encode(self, space: Space, term: Term, pictures: Sequence[Sequence[Image]]) -> Vectors:
        """A sentence or a picture as one row of a space, a clip as one row a shot.

        Args:
            pictures: see `pictures`

        Raises:
            PluginError: the encoder is gone, changed since the space was made, or broken
            Unsupported, NotUnderstood
        """
        with self._lock:  # models are not promised to be safe in two threads
            made = self.encoder(space.encoder)
            if made.space != space:
                raise PluginError(
                    f"encoder {space.encoder} has changed since the videos were indexed"
                    " (another revision); run `shotseek index` again"
                )
            if isinstance(term, Text):
                return encode_texts(made, [term.text])
            return encode_shots(made, [spread(shot, made.frames_per_shot) for shot in pictures])

    def pictures(self, term: Term) -> list[list[Image]]:
        """What a term shows, shot by shot: of a clip no more than its first `CLIP_SHOTS`.

        Raises:
            MediaError: the clip cannot be decoded
        """
        if isinstance(term, Picture):
            return [[term.image]]
        if not isinstance(term, Clip):
            return []
        messages = self.decoder.scan(
            term.path,
            [str(Path(term.path).parent)],
            detector="content",
            annotators=(),
            max_shot_us=CLIP_SHOT_US,
            frames_per_shot=FRAMES_PER_SHOT,
        )
        with closing(messages):
            shots = (message for message in messages if isinstance(message, ScannedShot))
            return [[item.image for item in shot.keyframes] for shot in islice(shots, CLIP_SHOTS)]

    def _spaces(self, references: Sequence[str]) -> list[Space]:
        """The newest space of each encoder, or of those asked for."""
        newest = {space.encoder: space for space in self.library.catalog.searchable()}
        for reference in references:
            if reference not in newest:
                have = ", ".join(newest) or "none"
                raise NotFound(
                    f"nothing here was indexed with encoder {reference!r} (there are: {have});"
                    f" run `shotseek index PATH --encoder {reference}`"
                )
        return [newest[reference] for reference in (references or newest)]

    def _hits(self, page: Sequence[Fused]) -> tuple[Hit, ...]:
        known = self.library.catalog.shots_with_videos([item.shot_id for item in page])
        return tuple(
            Hit(
                *known[item.shot_id],
                item.evidence[0].at_us,
                known[item.shot_id][0].span,
                item.score,
                item.evidence,
            )
            for item in page
            if item.shot_id in known  # removed by another process in this very moment
        )


def _depth(wanted: int) -> int:
    """How many shots each source is asked for: in steps, so that most pages are cut from the same lists."""
    depth = FUSION_DEPTH
    while depth < wanted:
        depth *= 2
    return depth


class _Asked:
    """One query on its way through the sources, gathering what could not be asked and why."""

    def __init__(self, engine: Engine, filters: Filters, depth: int, *, strict: bool) -> None:
        self._engine = engine
        self._filters = filters
        self._depth = depth
        self._strict = strict
        self.notes: list[str] = []

    def rankings(self, term: Term, spaces: Sequence[Space]) -> Iterator[Ranking]:
        """What each source finds for a term."""
        library = self._engine.library
        without = library.catalog.shot(term.shot_id).id if isinstance(term, LikeShot) else None
        pictures = self._engine.pictures(term)
        for space in spaces:
            query = self._encoded(space, term, pictures)
            if query is not None:
                found = by_vectors(library, query, self._filters, self._depth, without_shot=without)
                yield Ranking(space.encoder, found, term.weight)
        if isinstance(term, Text):
            yield Ranking(WORDS, by_words(library, term.text, self._filters, self._depth), term.weight)

    def _encoded(self, space: Space, term: Term, pictures: Sequence[Sequence[Image]]) -> Vectors | None:
        """The term as rows of a space; None, and a note, where that cannot be."""
        if isinstance(term, LikeShot):
            rows = self._engine.library.catalog.shot_vectors(space, term.shot_id)
            return Vectors.normalised(space, rows) if len(rows) else None
        try:
            return self._engine.encode(space, term, pictures)
        except (Unsupported, NotUnderstood, PluginError) as error:
            if self._strict:
                raise
            self.notes.append(str(error))
            return None
