"""The encoders of a library, and changing them without losing search. Part of `VideoLibrary`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from plugins.errors import InvalidValue, NotFound
from plugins.values import Progress, printable

if TYPE_CHECKING:
    from indexer.catalog import Catalog, SpaceRecord
    from indexer.library import Library
    from search.compare import Comparison
    from search.engine import Engine

Steps = Generator[Progress, None, None]
OnProgress = Callable[[Progress], object] | None


class Spaces(ABC):
    """A space is the vectors of one revision of one encoder; see docs/spaces.md."""

    library: "Library"

    @property
    @abstractmethod
    def catalog(self) -> "Catalog": ...

    @property
    @abstractmethod
    def engine(self) -> "Engine": ...

    @abstractmethod
    def _ids(self, name: str) -> list[int]: ...

    @abstractmethod
    def _encode_known(self, encoder: str) -> Steps: ...

    @abstractmethod
    def _followed(self, steps: Steps, on_progress: OnProgress) -> list[Progress]: ...

    def spaces(self) -> "list[SpaceRecord]":
        """The vectors of each revision of each encoder: how many, and whether searches ask them."""
        return self.catalog.spaces()

    def space(self, name: str | int) -> "SpaceRecord":
        """One space, given by id or by its encoder.

        Raises:
            NotFound: there is none, or there are several of that encoder
        """
        found = [item for item in self.spaces() if str(name) in (str(item.id), item.space.encoder)]
        if not found:
            raise NotFound(f"no space {printable(str(name))!r} in the library; see `shotseek spaces`")
        if len(found) > 1:
            ids = ", ".join(f"{item.id} (revision {item.space.revision})" for item in found)
            raise NotFound(f"{printable(str(name))!r} has {len(found)} spaces: {ids}; name one by its id")
        return found[0]

    def build_space(self, encoder: str, *, on_progress: OnProgress = None) -> list[Progress]:
        """Encodes all known videos with one more encoder, beside the vectors that are there. Searches do not
        ask the new space before `use_spaces`. Goes on where it was stopped.

        Returns:
            how each video ended that lacked the vectors

        Raises:
            PluginError: the encoder cannot be had
            LibraryBusy: another process is writing to the library
        """
        return self._followed(self._encode_known(encoder), on_progress)

    def compare_spaces(self, one: str | int, other: str | int) -> "Comparison":
        """How much two spaces, given as for `space`, find in common, and which finds what was marked.

        Raises:
            NotFound: there is no such space
            Unsupported: something was marked, and ir-measures is not installed
        """
        from search.compare import compare
        from search.judgements import from_marks

        marked = from_marks(self.catalog, self._ids) if any(m.right for m in self.catalog.marks()) else None
        return compare(self.engine, self.space(one).space, self.space(other).space, marked)

    def use_spaces(self, *names: str | int, incomplete: bool = False) -> None:
        """From now on searches that name no encoder ask these spaces, given as for `space`, and no others.

        Args:
            incomplete: also a space that lacks videos which another has

        Raises:
            NotFound: there is no such space
            InvalidValue: none is named, or two of one encoder, or a space lacks videos
        """
        chosen = [self.space(name) for name in names]
        most = max((item.videos for item in self.spaces()), default=0)
        if not chosen or len({item.space.encoder for item in chosen}) < len(chosen):
            raise InvalidValue("name the spaces that are to be asked, one of each encoder")
        for item in chosen:
            if item.videos < most and not incomplete:
                raise InvalidValue(
                    f"{item.space.encoder} has {item.videos} of {most} videos;"
                    f" run `shotseek spaces build {item.space.encoder}` first, or use it with --incomplete"
                )
        self.catalog.use([item.space for item in chosen])

    def use_former_spaces(self) -> None:
        """Undoes the last `use_spaces`; a second time it does it again.

        Raises:
            NotFound: none of the spaces that were asked before is left
        """
        if not self.catalog.use_former():
            raise NotFound("none of the spaces that were asked before is left; see `shotseek spaces`")

    def drop_space(self, name: str | int) -> None:
        """Deletes the vectors of a space, given as for `space`, that searches do not ask.

        Raises:
            NotFound: there is no such space
            InvalidValue: it is in use
            LibraryBusy: another process is writing to the library
        """
        from search import background

        space = self.space(name).space
        if space in self.catalog.asked():
            raise InvalidValue(f"{space.encoder} is in use; `shotseek spaces use` others before")
        self.library.drop(space)
        background.path_of(self.library, space).unlink(missing_ok=True)
