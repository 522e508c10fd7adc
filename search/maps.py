"""The maps of a library as they are asked for: the last one at once, a new one when it is due, meanwhile."""

import json
import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from indexer.library import Library
from plugins.errors import InvalidQuery, NotFound
from plugins.values import Space
from search.atlas import Atlas, load
from search.drawing import BOOT

log = logging.getLogger(__name__)

REST = 10
"""times as long as a map took to draw, no other of its space is begun: while a library is filled, its map
follows and takes a tenth of one core at most"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What there is of a map now."""

    atlas: Atlas | None
    """the last one; None as long as there is none"""
    is_current: bool
    """whether it shows the space as it is"""
    done: float | None = None
    """how far the next one is, 0 to 1; None where none is being drawn"""
    problem: str = ""
    """why the last attempt failed"""


@dataclass(slots=True)
class _Drawing:
    """One run of the process, and what came of it."""

    begun: float
    process: "subprocess.Popen[bytes] | None" = None
    """None once it has ended"""
    follower: threading.Thread | None = None
    """reads what it says"""
    done: float = 0.0
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of one map."""

    encoder: str
    version: str
    box: tuple[float, float, float, float]
    """two corners: x, y, x, y"""

    @classmethod
    def parse(cls, text: str) -> "Region":
        """Reads ``ENCODER:VERSION:X,Y,X,Y``.

        Raises:
            InvalidQuery
        """
        encoder, _, rest = text.rpartition(":")
        encoder, _, version = encoder.rpartition(":")
        try:
            x0, y0, x1, y1 = map(float, rest.split(","))
        except ValueError:
            encoder = ""
        if not encoder or not version.isalnum():
            raise InvalidQuery(
                "a part of the map is given as ENCODER:VERSION:X,Y,X,Y, not as %(text)s; select it there",
                text=repr(text),
            )
        return cls(encoder, version, (x0, y0, x1, y1))


class Maps:
    """The maps of one library. Safe to use from many threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._held: dict[Space, Atlas] = {}
        self._drawings: dict[Space, _Drawing] = {}
        self._lock = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """Ends what is being drawn."""
        with self._lock:
            self._closed = True
            drawings = list(self._drawings.values())
        for drawing in drawings:
            if drawing.process:
                drawing.process.kill()
            if drawing.follower:
                drawing.follower.join()

    def sheet(self, space: Space) -> Sheet:
        """The map of a space; begins to draw it where it is not current, and no other is being drawn.

        Raises:
            NotFound: nothing was indexed with that encoder
        """
        state = self._library.catalog.extent(space)
        with self._lock:
            atlas = self._last(space)
            is_current = atlas is not None and atlas.state == state
            if not is_current and self._is_due(space):
                self._begin(space)
            drawing = self._drawings.get(space)
            done = drawing.done if drawing and drawing.process else None
            return Sheet(atlas, is_current, done, drawing.problem if drawing and not is_current else "")

    def atlas(self, space: Space, version: str) -> Atlas:
        """The map of a version.

        Raises:
            NotFound: it is not kept any more
        """
        with self._lock:
            held = self._held.get(space)
            if held is None or held.version != version:
                held = load(self._library.maps_folder(space), version) if version.isalnum() else None
        if held is None:
            raise NotFound("the map has been drawn again since; select the part once more on the map")
        return held

    def shots(self, region: Region) -> frozenset[int]:
        """The shots that lie in a rectangle.

        Raises:
            NotFound: no vectors of that encoder are here, or that map is not kept any more
        """
        atlas = self.atlas(self.space(region.encoder), region.version)
        return frozenset(atlas.shots[atlas.inside(region.box)].tolist())

    def space(self, encoder: str = "") -> Space:
        """The newest space of an encoder, or the first of those that are asked.

        Raises:
            NotFound: there is none
        """
        catalog = self._library.catalog
        if not encoder and (asked := catalog.asked()):
            return asked[0]
        for space in [*catalog.asked(), *reversed(catalog.searchable())]:
            if encoder in ("", space.encoder):
                return space
        if not encoder:
            raise NotFound("nothing is indexed yet; run `shotseek index PATH`")
        raise NotFound(
            "nothing here was indexed with encoder %(encoder)s; run `shotseek index PATH"
            " --encoder %(reference)s`",
            encoder=repr(encoder),
            reference=encoder,
        )

    def _last(self, space: Space) -> Atlas | None:
        """What another process has drawn is found when the library is opened again."""
        if space not in self._held and (atlas := load(self._library.maps_folder(space))):
            self._held[space] = atlas
        return self._held.get(space)

    def _is_due(self, space: Space) -> bool:
        if self._closed or any(drawing.process for drawing in self._drawings.values()):
            return False
        last = self._drawings.get(space)
        return last is None or time.monotonic() - last.begun > (REST + 1) * last.seconds

    def _begin(self, space: Space) -> None:
        named = json.dumps([space.encoder, space.revision, space.dim])
        pipe, theirs = Pipe()
        with theirs:
            fd = str(theirs.fileno())
            process = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
                [sys.executable, "-c", BOOT, fd, str(self._library.folder), named, *sys.path],
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # an interrupt at the keyboard is for the parent, which ends this one
            )
        drawing = self._drawings[space] = _Drawing(time.monotonic(), process)
        drawing.follower = threading.Thread(target=self._follow, args=(space, drawing, pipe), daemon=True)
        drawing.follower.start()

    def _follow(self, space: Space, drawing: _Drawing, pipe: Connection) -> None:
        assert drawing.process, "it was begun"
        address = self._library.address
        told: dict[str, Any] = {}
        with pipe, suppress(EOFError, OSError):
            pipe.send_bytes((address.url if address else "").encode())
            while "kept" not in told and "problem" not in told:
                told = json.loads(pipe.recv_bytes())
                drawing.done = told.get("done", drawing.done)
        code = drawing.process.wait()
        drawn = load(self._library.maps_folder(space)) if "kept" in told else None
        problem = "" if drawn else told.get("problem", f"the process that draws it ended early, with {code}")
        if problem and not self._closed:
            log.warning("the map of %s could not be drawn: %s", space.encoder, problem)
        with self._lock:
            if drawn is not None:
                self._held[space] = drawn
            drawing.seconds, drawing.problem = time.monotonic() - drawing.begun, problem
            drawing.process = None
