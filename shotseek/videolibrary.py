"""The public API: one object that indexes folders of video and finds moments in them.

The command line does its work through this object, so a program can do whatever a person can.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from plugins.contracts import Context
from plugins.errors import LibraryBusy, NotFound
from plugins.queries import Filters, Order, Results
from plugins.values import SECOND, Progress, Shot, Video, as_path_text, printable
from shotseek.backups import Backups
from shotseek.collecting import Collecting
from shotseek.copies import Copies
from shotseek.folders import Folders
from shotseek.settings import Settings, load
from shotseek.spaces import Spaces
from shotseek.teaching import Teaching

if TYPE_CHECKING:
    from indexer.catalog import Catalog, Problem, VideoSummary
    from indexer.control import Control
    from indexer.library import Library
    from indexer.media import Limits
    from search.engine import Engine
    from search.evaluate import Evaluation

AnyPath = str | os.PathLike[str]

BUSY_S = 1.0
"""between two attempts where another process writes"""
AUTO = "auto"
"""Among the encoders of the settings: the best that there is, see `VideoLibrary.encoders`."""
ENDINGS = frozenset({"done", "partial", "failed", "unchanged", "moved", "missing", "cancelled"})
"""The stages of `Progress` that are a file's last word."""


def open_library(
    folder: AnyPath | None = None, *, create: bool = False, **settings: object
) -> "VideoLibrary":
    """Opens a library.

    Args:
        folder: of the library; the one that the settings name by default
        create: make it where there is none
        settings: any of docs/settings.md; they come before the environment and the settings file

    Raises:
        NotFound: there is no library in that folder
        SettingsError: a setting cannot be what it is given as
        LibraryError: the library cannot be used as it is
    """
    from indexer.library import Library

    chosen = load(library=folder, **settings)
    opened = Library.open(chosen.library, create=create, store=chosen.store, address=chosen.database)
    return VideoLibrary(opened, chosen)


class VideoLibrary(Teaching, Spaces, Copies, Collecting, Folders, Backups):
    """An open library. Close it, or use it in a ``with`` statement."""

    def __init__(self, library: "Library", settings: Settings) -> None:
        self.library = library
        self.settings = settings
        self._engine: Engine | None = None

    @property
    def catalog(self) -> "Catalog":
        """What the library knows: everything but the vectors' index."""
        return self.library.catalog

    @property
    def engine(self) -> "Engine":
        """What answers queries; loads encoders when a query first needs them."""
        if self._engine is None:
            from search.engine import Engine

            self._engine = Engine(
                self.library,
                context=context_of(self.settings),
                limits=_limits(self.settings),
                weights=self.settings.weights,
                within_us=round(self.settings.within * SECOND),
                proxy_bytes=self.settings.proxy_space << 20,
            )
        return self._engine

    @property
    def limits(self) -> "Limits":
        """What one file may cost."""
        return _limits(self.settings)

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders that `index` uses, by reference: those of the settings, and for ``auto`` the best one
        whose weights are on this machine."""
        from plugins.weights import best_available

        context = context_of(self.settings)
        chosen = self.settings.encoders
        return tuple(best_available(context) if name == AUTO else name for name in chosen)

    def index(
        self,
        *paths: AnyPath,
        retry: bool = False,
        accept_missing: bool = False,
        wait: bool = False,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> list[Progress]:
        """Brings the library up to date with files and folders: new and changed files only.

        Args:
            paths: files and folders
            retry: also try again what failed before
            accept_missing: believe that files are gone also where it looks as if a disk were not connected
            wait: until no other process is writing to the library
            on_progress: called often with how far it is

        Returns:
            how each file ended (see `Progress.stage`)

        Raises:
            NotFound: a path does not exist, or there is no video in any of them
            PluginError: an encoder, detector or annotator cannot be had
            Unsupported: labels are to be given and no encoder knows what they mean; all else is done
            LibraryBusy: another process is writing to the library, and it is not to be waited for
        """
        while True:
            try:
                steps = self._index(paths, retry=retry, accept_missing=accept_missing)
                ended = self._followed(steps, on_progress)
                if not ended:
                    raise NotFound(f"no video in {', '.join(printable(os.fspath(path)) for path in paths)}")
                self._finish()
                return ended
            except LibraryBusy as busy:
                if not wait:
                    raise
                if on_progress:
                    who = f"process {busy.process}" if busy.process else "another process"
                    text = f"{who} is writing to {self.library.folder}; waiting for its end"
                    on_progress(Progress(str(self.library.folder), "waiting", 0, 0, text))
                time.sleep(BUSY_S)

    def search(
        self,
        text: str | None = None,
        *,
        image: AnyPath | None = None,
        clip: AnyPath | None = None,
        like: int | None = None,
        unlike_images: Sequence[AnyPath] = (),
        unlike: Sequence[int] = (),
        filters: Filters | None = None,
        encoders: Sequence[str] = (),
        k: int | None = None,
        offset: int = 0,
        weights: Mapping[str, float] | None = None,
        order: str = "score",
        per_video: int | None = None,
    ) -> Results:
        """Finds moments by a sentence, a picture, a clip, a shot of the library, or several of them together.

        Args:
            text: in the language of docs/search.md
            image: a picture file
            clip: a video file; it need not be in the library
            like: id of a shot
            unlike_images: picture files; what looks like them is not wanted
            unlike: ids of shots; neither they nor their like are wanted
            encoders: ask only these
            k: how many hits at most; the setting ``results`` by default
            offset: how many better ones to leave out
            weights: how much sources count, see `Engine.search`; the setting ``weights`` holds for the others
            order: ``score`` or ``date``
            per_video: hits of one video, at most

        Raises:
            InvalidQuery: the text or the picture cannot be read, there is nothing to look for, or too much
            MediaError: the clip cannot be decoded
            NotFound: there is no such picture, clip or shot, or nothing was indexed with such an encoder
            Unsupported: an encoder that was asked for by name reads no text
        """
        from search import query

        terms = query.examples(image, clip, like, unlike_images, unlike)
        return self.engine.search(
            query.query(text or "", terms, filters or Filters(), find=self._ids),
            k=k or self.settings.results,
            offset=offset,
            encoders=encoders,
            weights=weights,
            order=Order(order),
            per_video=per_video,
        )

    def evaluate(self, qrels: AnyPath | None = None, queries: AnyPath | None = None) -> "Evaluation":
        """Measures how well the library answers, by what is known to be right; see docs/evaluation.md.

        Args:
            qrels: a file of judgements; what was marked by default
            queries: a file of the topics' texts; without it a topic is named by its text

        Raises:
            InvalidValue: a file cannot be read, names what is wrong in which line; nothing was marked right
            NotFound: there is no such file, or a line names no video of the library
            Unsupported: ir-measures is not installed
        """
        from search.evaluate import evaluate
        from search.judgements import from_files, from_marks

        if qrels is None:
            judgements = from_marks(self.catalog, self._ids)
        else:
            texts = None if queries is None else Path(queries)
            judgements = from_files(self.catalog, Path(qrels), texts, self._ids)
        return evaluate(self.engine, judgements)

    def videos(self, text: str = "") -> "Iterator[VideoSummary]":
        """The videos of the library, those whose path contains a text, by path."""
        offset, page = 0, 500
        while found := self.catalog.videos(offset=offset, limit=page, text=text):
            yield from found
            offset += page

    def shots(self, video: str | int) -> list[Shot]:
        """The shots of one video, given as for `video`.

        Raises:
            NotFound: there is no such video, or there are several
        """
        return self.catalog.shots(self.video(video).id)

    def video(self, name: str | int) -> Video:
        """One video, given by id, path, file name or a part of the path.

        Raises:
            NotFound: there is no such video, or there are several
        """
        return _only(name, self.find(name))

    def find(self, name: str | int) -> list[Video]:
        """Every video of that id, else path, else file name, else part of the path; at least one.

        Raises:
            NotFound: there is none
        """
        text = str(name)
        found = self.catalog.find_videos(text)
        if not found and Path(text).exists():
            found = self.catalog.find_videos(as_path_text(text))
        if not found:
            raise NotFound(f"no video {printable(text)!r} in the library; see `shotseek videos`")
        return found

    def problems(self) -> "list[Problem]":
        """What failed, wholly or in part, and why."""
        return self.catalog.problems()

    def remove(self, *names: str | int, keep_out: bool = False) -> list[str]:
        """Forgets videos, given by id, path or file name, or by the folder they are in. The files stay.

        Args:
            keep_out: also leave them out when their folder is indexed again

        Returns:
            the paths that were forgotten

        Raises:
            NotFound: nothing of that name is known; nothing was forgotten
        """
        with self.library.writing():
            known = {path: id_ for name in names for path, id_ in self._named(name).items()}
            drop = self.catalog.leave_out if keep_out else self.catalog.remove
            drop(known.values())
        return sorted(known)

    def _ids(self, name: str) -> list[int]:
        return [video.id for video in self.find(name)]

    def _named(self, name: str | int) -> dict[str, int]:
        below = self.catalog.files(as_path_text(str(name)))
        if below:
            return {path: file.id for path, file in below.items()}
        # a part of a path would do for looking, but is too little for removing
        exact = [item for item in self.find(name) if str(name) in (str(item.id), Path(item.path).name)]
        if not exact:
            raise NotFound(
                f"no video is called {printable(str(name))!r}; name it by its id, path or file name"
            )
        video = _only(name, exact)
        return {video.path: video.id}

    def _bring_up_to_date(
        self, paths: Sequence[AnyPath], *, retry: bool, again: bool, control: "Control"
    ) -> Generator[Progress, None, None]:
        """`index`, step by step."""
        yield from self._index(paths, retry=retry, again=again, control=control)
        if not control.is_stopped and self.catalog.count_videos():
            self._finish()

    def _finish(self) -> None:
        """What follows when videos were indexed."""
        if self.settings.labels:
            self.label()
        self.engine.calibrator.prepare(self.engine.spaces())

    def _index(
        self,
        paths: Sequence[AnyPath],
        *,
        retry: bool = False,
        again: bool = False,
        accept_missing: bool = False,
        control: "Control | None" = None,
    ) -> Generator[Progress, None, None]:
        from indexer.pipeline import Recipe, index

        recipe = Recipe(
            encoders=self.encoders,
            detector=self.settings.detector,
            annotators=self.settings.annotators,
            max_shot_us=round(self.settings.max_shot * SECOND),
            exact=self.settings.exact,
        )
        context, limits = context_of(self.settings), _limits(self.settings)
        return index(
            self.library,
            paths,
            recipe,
            context=context,
            limits=limits,
            retry=retry,
            again=again,
            accept_missing=accept_missing,
            workers=self.settings.workers,
            control=control,
        )

    def _encode_known(self, encoder: str) -> Generator[Progress, None, None]:
        from indexer.pipeline import add_encoder

        context, limits, workers = context_of(self.settings), _limits(self.settings), self.settings.workers
        return add_encoder(self.library, encoder, context=context, limits=limits, workers=workers)

    def _followed(
        self, steps: Generator[Progress, None, None], on_progress: Callable[[Progress], object] | None
    ) -> list[Progress]:
        """Goes through all steps, and returns how each file ended."""
        ended = []
        with closing(steps):
            for progress in steps:
                if on_progress:
                    on_progress(progress)
                if progress.stage in ENDINGS:
                    ended.append(progress)
        return ended

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
        self.library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"VideoLibrary({str(self.settings.library)!r})"


def _only(name: str | int, found: Sequence[Video]) -> Video:
    if len(found) > 1:
        some = ", ".join(f"{item.id} ({printable(item.path)})" for item in found[:5])
        raise NotFound(f"{printable(str(name))!r} names {len(found)} videos: {some}; name one by its id")
    return found[0]


def context_of(settings: Settings) -> Context:
    """What plugins are told about where they run."""
    return Context(models=settings.models, device=settings.device, runtime=settings.runtime)


def _limits(settings: Settings) -> "Limits":
    from indexer.media import Limits

    return Limits(stall_s=settings.stall_timeout, memory=settings.decoder_memory << 20)
