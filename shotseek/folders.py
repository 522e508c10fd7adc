"""The folders of a library: what is looked at, what is watched, and what indexes behind the page."""

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

from plugins.errors import NotFound
from plugins.values import Progress, as_path_text, printable

if TYPE_CHECKING:
    from indexer.catalog import Catalog, FolderRecord
    from indexer.control import Control
    from indexer.library import Library
    from indexer.service import IndexService
    from shotseek.settings import Settings


class Folders:
    """The part of `shotseek.VideoLibrary` that keeps folders."""

    library: "Library"
    settings: "Settings"

    if TYPE_CHECKING:

        @property
        def catalog(self) -> Catalog: ...

        def _bring_up_to_date(
            self, paths: Sequence[str], *, retry: bool, again: bool, control: Control
        ) -> Generator[Progress, None, None]: ...

    def folders(self) -> "list[FolderRecord]":
        """The folders that are looked at for videos, by path."""
        return self.catalog.library_folders()

    def folder(self, name: str | int) -> "FolderRecord":
        """One folder, given by id or path.

        Raises:
            NotFound
        """
        for found in self.folders():
            if str(name) == str(found.id) or as_path_text(str(name)) == found.path:
                return found
        raise NotFound(f"{printable(str(name))} is no folder of the library; see `shotseek folders`")

    def add_folder(self, path: str, *, watch: bool = False) -> "FolderRecord":
        """Enters a folder among those that are looked at; nothing is indexed yet.

        Args:
            watch: new files in it are indexed by themselves, by `service`

        Raises:
            InvalidValue: it cannot be a folder of this library
            NotFound: it does not exist
        """
        from indexer.folders import add

        return add(self.library, as_path_text(path), watched=watch)

    def watch_folder(self, name: str | int, watch: bool = True) -> None:
        """Whether new files in a folder, given as for `folder`, are indexed by themselves.

        Raises:
            NotFound
        """
        self.catalog.set_watched(self.folder(name).id, watch)

    def forget_folder(self, name: str | int, *, videos: bool = False) -> int:
        """A folder, given as for `folder`, is looked at no more.

        Args:
            videos: forget its videos, too; else they stay and are found

        Returns:
            how many videos were forgotten

        Raises:
            NotFound: there is no such folder
            LibraryBusy: another process is writing to the library
        """
        with self.library.writing():
            return self.catalog.forget_folder(self.folder(name).id, videos=videos)

    def service(self, on_progress: Callable[[Progress], object] | None = None) -> "IndexService":
        """Indexes in the background what it is asked for, and what is new in watched folders, from `start` or
        the beginning of a ``with`` block to its end.

        Args:
            on_progress: called with how far it is, in another thread
        """
        from indexer.service import IndexService

        return IndexService(
            self.library, self._bring_up_to_date, look_s=self.settings.watch, on_progress=on_progress
        )
