"""The media as a shot detector sees it: its first whole pass is the host's (see `ShotDetector.cuts`)."""

from collections.abc import Iterator

from indexer.media import MediaFile, thinned
from indexer.picture import Picture
from plugins.errors import InvalidValue
from plugins.values import Annotation, Frame, Sound, Span, Video


class Tapped:
    """Hands over pictures that are decoded for others too, where all of them are asked for."""

    def __init__(
        self, media: MediaFile, pictures: Iterator[Picture], only: tuple[int, int] | None = None
    ) -> None:
        """``only``: the (width, height) at which the pictures can be had; any by default"""
        self._media = media
        self._only = only
        self._pictures: Iterator[Picture] | None = pictures

    @property
    def video(self) -> Video:
        return self._media.video

    def frames(
        self, span: Span | None = None, *, fps: float | None = None, size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        if span is not None or self._pictures is None:
            return self._media.frames(span, fps=fps, size=size)
        if self._only not in (None, size):
            raise InvalidValue(f"its piece_size is {self._only}, but it asks for frames of size {size}")
        pictures, self._pictures = self._pictures, None
        return (picture.frame(size) for picture in thinned(pictures, fps))

    def audio(self, span: Span | None = None, *, rate: int = 16_000) -> Iterator[Sound]:
        return self._media.audio(span, rate=rate)

    def subtitles(self) -> Iterator[Annotation]:
        return self._media.subtitles()
