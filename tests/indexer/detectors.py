"""Shot detectors of strangers, good and bad, as `tests.indexer.test_decoder` names them: ``module:Class``."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from plugins.contracts import Media, ShotDetector
from plugins.values import SECOND


class Dies(ShotDetector):
    """Kills its process in the way its argument names: a signal, or an exit code."""

    def cuts(self, media: Media) -> Iterator[int]:
        next(media.frames(size=(8, 8)))
        if self.argument.startswith("SIG"):
            os.kill(os.getpid(), signal.Signals[self.argument])
        os._exit(int(self.argument))
        yield 0


class Sleeps(ShotDetector):
    def cuts(self, media: Media) -> Iterator[int]:
        for frame in media.frames(size=(8, 8)):
            if frame.time_us > SECOND // 2:
                time.sleep(3600)
        yield from ()


class Slow(ShotDetector):
    """Takes long, but goes on."""

    def cuts(self, media: Media) -> Iterator[int]:
        for _ in media.frames(size=(8, 8), fps=4):
            time.sleep(0.25)
        yield from ()


class Raises(ShotDetector):
    def cuts(self, media: Media) -> Iterator[int]:
        next(media.frames(size=(8, 8)))
        raise RuntimeError("out of\ncheese")
        yield 0


class Descends(ShotDetector):
    def cuts(self, media: Media) -> Iterator[int]:
        yield 2 * SECOND
        yield SECOND


class Floats(ShotDetector):
    def cuts(self, media: Media) -> Iterator[int]:
        yield 1.5  # type: ignore[misc]


class Lazy(ShotDetector):
    """Looks at nothing: the host decodes the file all the same."""

    def cuts(self, media: Media) -> Iterator[int]:
        yield SECOND


class Stops(ShotDetector):
    """Looks at the beginning only."""

    def cuts(self, media: Media) -> Iterator[int]:
        for frame in media.frames(size=(8, 8)):
            if frame.time_us >= SECOND:
                yield frame.time_us
                break


class Twice(ShotDetector):
    """Reads the file a second time, and a piece of it in between."""

    def cuts(self, media: Media) -> Iterator[int]:
        assert sum(1 for _ in media.frames(size=(8, 8))) == sum(1 for _ in media.frames(size=(8, 8)))
        yield from ()


class Late(ShotDetector):
    """Says everything at the end."""

    def cuts(self, media: Media) -> Iterator[int]:
        for _ in media.frames(size=(8, 8)):
            pass
        yield SECOND


class Steady(ShotDetector):
    """Goes on for a second or two, and says that it does."""

    def cuts(self, media: Media) -> Iterator[int]:
        for _ in media.frames(size=(8, 8), fps=5):
            time.sleep(0.1)
        yield from ()


class Held(ShotDetector):
    """Goes on, and says so, as long as a file named ``hold`` lies beside the video."""

    def cuts(self, media: Media) -> Iterator[int]:
        hold = Path(media.video.path).with_name("hold")
        while hold.exists():
            for _ in media.frames(size=(8, 8)):
                if not hold.exists():
                    break
                time.sleep(0.05)
        yield from ()


class Hungry(ShotDetector):
    """Takes as many MiB as its argument says, and holds them."""

    def cuts(self, media: Media) -> Iterator[int]:
        next(media.frames(size=(8, 8)))
        held = bytearray(int(self.argument) << 20)
        yield from range(len(held), 0)


class Toils(ShotDetector):
    """Works without end, and frames keep coming."""

    def cuts(self, media: Media) -> Iterator[int]:
        while True:
            for _ in media.frames(size=(8, 8)):
                pass
        yield 0


class DiesByName(ShotDetector):
    """Kills its process in the way that the name of the film says."""

    def cuts(self, media: Media) -> Iterator[int]:
        next(media.frames(size=(8, 8)))
        how = Path(media.video.path).stem
        if how == "EXIT":
            os._exit(0)
        if how.startswith("SIG"):
            os.kill(os.getpid(), signal.Signals[how])
        yield from ()


class Waits(ShotDetector):
    """Is not done with `meadow.mp4` before the file that its argument names is there."""

    def cuts(self, media: Media) -> Iterator[int]:
        while Path(media.video.path).name == "meadow.mp4" and not Path(self.argument).exists():
            time.sleep(0.02)
        yield from ()
