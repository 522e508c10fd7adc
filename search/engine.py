"""query -> encode -> retrieve -> fuse -> page of hits."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from indexer.decoder import Decoder
from indexer.encode import encode_shots, encode_texts, spread
from indexer.library import Library
from indexer.media import Limits
from indexer.proxies import MAX_BYTES, Proxies
from plugins.contracts import Context, Encoder
from plugins.errors import NotFound, PluginError
from plugins.queries import WITHIN_US, Clip, Order, Picture, Piece, Query, Results, Term, Text
from plugins.registry import encoder
from plugins.values import Image, Matrix, Space, Vectors
from search.align import Aligner
from search.arrange import Chain, arranged, chains
from search.asked import Asked
from search.calibrate import Calibrator
from search.clips import Clips
from search.maps import Maps
from search.origin import first, origins
from search.pieces import Pieces
from search.query import check

SAMPLE = 2_000
"""rows of a space against which scores are held"""
STEP_DEPTH = 200
"""shots that are looked at for each step of a sequence"""
FUSION_DEPTH = 100
"""A shot that two sources have this far down could still not pass one that a source has first."""


class Engine:
    """Answers queries over one library. Safe to use from many threads.

    Encoders are made when a query first needs them, and kept.
    """

    def __init__(
        self,
        library: Library,
        *,
        context: Context | None = None,
        limits: Limits | None = None,
        weights: Mapping[str, float] | None = None,
        within_us: int = WITHIN_US,
        proxy_bytes: int = MAX_BYTES,
    ) -> None:
        """
        Args:
            weights: how much sources count where a query does not say otherwise, see `search`
            within_us: in which what follows must begin, where a query does not say
            proxy_bytes: of the disk that proxies may take
        """
        self.library = library
        self.decoder = Decoder(limits or Limits())
        """opens clips that are asked with, and frames whose thumbnails are gone"""
        self.proxies = Proxies(library.folder / "proxies", limits, max_bytes=proxy_bytes)
        """what is played where a browser cannot play the file"""
        self.clips = Clips(self.decoder)
        """what clips that are asked with show"""
        self.pieces = Pieces(library, self.decoder)
        """what pieces of the library's videos show"""
        self.aligner = Aligner(library, self.decoder)
        """says where they are from"""
        self.calibrator = Calibrator(library, self.encode_texts)
        """says how sure hits are"""
        self.maps = Maps(library)
        """say where shots lie by likeness"""
        self.within_us = within_us
        """in which what follows must begin, where a query does not say"""
        self._context = context
        self._weights = weights or {}
        self._encoders: dict[str, Encoder] = {}
        self._samples: dict[Space, tuple[int, Matrix]] = {}
        """rows of each space, and its highest row when they were taken"""
        self._lock = threading.RLock()

    def close(self) -> None:
        self.proxies.close()
        self.decoder.close()
        self.maps.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def search(
        self,
        query: Query,
        *,
        k: int = 20,
        offset: int = 0,
        encoders: Sequence[str] = (),
        weights: Mapping[str, float] | None = None,
        order: Order = Order.SCORE,
        per_video: int | None = None,
        marks: bool = True,
    ) -> Results:
        """The moments that answer a query.

        Args:
            k: how many hits, 1 to 200
            offset: how many better ones to leave out
            encoders: ask only the spaces of these encoders, by reference; all by default
            weights: how much sources count, by name (an encoder's reference or ``words``): 1 unless the
                engine was made otherwise; 0 leaves a source out
            order: best first, or by date among the best
            per_video: hits of one video, at most
            marks: whether what a person called right and wrong for the query counts

        Raises:
            InvalidQuery: empty, too long, or out of range
            NotFound: an encoder that was asked for has no vectors here, or a shot is unknown
            Unsupported, NotUnderstood, PluginError: what an encoder that was asked for cannot do; of one
                that was not asked for by name it is said in the notes instead
            MediaError: a clip cannot be decoded
        """
        check(query, k, offset)
        spaces = self.spaces(encoders)
        asked = Asked(
            self, query.filters, {**self._weights, **(weights or {})}, strict=bool(encoders), marks=marks
        )
        with ThreadPoolExecutor(1) as beside:
            origin = beside.submit(origins, self, query, spaces)  # decodes while this thread encodes
            if query.then:
                found = self._sequences(query, asked, spaces)
            else:
                fused = asked.answer(query.terms, spaces, _depth(offset + k)).fused
                found = [Chain((item,), item.score) for item in fused]
            known, notes = origin.result()
        page = arranged(found, self.library.catalog, order, per_video)
        hits = first(known, page, asked.hits, k, offset)
        ranked = dict.fromkeys([hit.shot.id for hit in known] + [chain.parts[0].shot_id for chain in page])
        return Results(hits, tuple(dict.fromkeys([*notes, *asked.notes])), tuple(ranked))

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
        if isinstance(term, Text):
            return self.encode_texts(space, [term.text])
        with self._lock:  # models are not promised to be safe in two threads
            made = self._of(space)
            return encode_shots(made, [spread(shot, made.frames_per_shot) for shot in pictures])

    def encode_texts(self, space: Space, texts: Sequence[str]) -> Vectors:
        """Sentences as rows of a space; raises what `encode` does."""
        with self._lock:
            return encode_texts(self._of(space), texts)

    def _of(self, space: Space) -> Encoder:
        """The encoder that a space is of."""
        made = self.encoder(space.encoder)
        if made.space != space:
            raise PluginError(
                "encoder %(encoder)s has changed since the videos were indexed (another revision);"
                " run `shotseek index` again",
                encoder=space.encoder,
            )
        return made

    def pictures(self, term: Term) -> list[list[Image]]:
        """What a term shows, shot by shot: of a clip no more than its beginning.

        Raises:
            MediaError: the clip cannot be decoded
        """
        if isinstance(term, Picture):
            return [[term.image]]
        if isinstance(term, Piece):
            return [[frame.image for frame in shot] for shot in self.pieces.shots(term)]
        if not isinstance(term, Clip):
            return []
        return [[item.image for item in shot.keyframes] for shot in self.clips.shots(term.path)]

    def spaces(self, references: Sequence[str] = ()) -> list[Space]:
        """The spaces in use, or those of some encoders, in use or not.

        Raises:
            NotFound: one of them has no vectors here
        """
        asked = {space.encoder: space for space in self.library.catalog.asked()}
        if not references:
            return list(asked.values())
        newest = {space.encoder: space for space in self.library.catalog.searchable()} | asked
        for reference in references:
            if reference not in newest:
                have = ", ".join(newest) or "none"
                raise NotFound(
                    "nothing here was indexed with encoder %(reference)s (there are: %(have)s); run"
                    " `shotseek index PATH --encoder %(encoder)s`",
                    reference=repr(reference),
                    have=have,
                    encoder=reference,
                )
        return [newest[reference] for reference in references]

    def sample(self, space: Space) -> Matrix:
        """Some rows of a space, against which scores are held; taken again when the library has grown."""
        now = self.library.catalog.watermark(space).highest_id
        with self._lock:
            held = self._samples.get(space)
            if held is None or not 0.9 * now <= held[0] <= now:
                held = self._samples[space] = now, self.library.catalog.sample(space, SAMPLE)
            return held[1]

    def _sequences(self, query: Query, asked: Asked, spaces: Sequence[Space]) -> list[Chain]:
        """What follows one another as the query says."""
        steps = [
            asked.answer(terms, spaces, STEP_DEPTH) for terms in (query.terms, *(s.terms for s in query.then))
        ]
        found = [step.convincing() for step in steps]
        known = self.library.catalog.shots_with_videos({item.shot_id for step in found for item in step})
        return chains(found, [step.within_us or self.within_us for step in query.then], known)


def _depth(wanted: int) -> int:
    """How many shots each source is asked for: in steps, so that most pages are cut from the same lists."""
    depth = FUSION_DEPTH
    while depth < wanted:
        depth *= 2
    return depth
