"""The folders that are looked at for videos, and the files in them that a person wants left out."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Integer, case, cast, delete, func, insert, select, update

from indexer.catalog import models
from indexer.catalog.conditions import below
from indexer.catalog.connection import Connected, chunks
from indexer.catalog.dialects.expressions import total
from indexer.catalog.records import FolderRecord, LeftOutFile, Stamp
from indexer.catalog.writer import remove_files
from plugins.errors import NotFound

Root, File = models.Root, models.File


class FolderStore(Connected):
    """Keeps what is looked at, and what is left out."""

    def library_folders(self) -> list[FolderRecord]:
        """Every folder and file that is looked at, by path."""
        failed = File.id.not_in(select(models.Video.id))
        videos = case((File.id.is_(None) | failed, 0), else_=1)
        missing = case((failed, 0), else_=cast(File.missing, Integer))
        query = (
            select(
                Root.id,
                Root.path,
                Root.watched,
                Root.looked_at,
                total(videos),
                func.count(File.id) - total(videos),
                total(missing),
                total(File.size),
            )
            .outerjoin(File, File.root_id == Root.id)
            .where(Root.listed)
            .group_by(Root.id)
            .order_by(Root.path)
        )
        with self._reading() as connection:
            return [FolderRecord(*row) for row in connection.execute(query)]

    def folder(self, folder_id: int) -> FolderRecord:
        """
        Raises:
            NotFound
        """
        for found in self.library_folders():
            if found.id == folder_id:
                return found
        raise NotFound("no folder %(folder_id)s in the library", folder_id=folder_id)

    def home_of(self, path: str) -> str | None:
        """The innermost of the folders that are looked at that a path is in, or is."""
        with self._reading() as connection:
            listed = set(connection.scalars(select(Root.path).where(Root.listed)))
        return next((item for item in (path, *map(str, Path(path).parents)) if item in listed), None)

    def set_watched(self, folder_id: int, watched: bool) -> None:
        """Whether new files in a folder are indexed by themselves.

        Raises:
            NotFound: there is no such folder
        """
        self.folder(folder_id)
        with self._writing() as connection:
            connection.execute(update(Root).where(Root.id == folder_id).values(watched=watched))

    def looked(self, path: str) -> None:
        """A folder has been compared with what is known, just now."""
        with self._writing() as connection:
            connection.execute(update(Root).where(Root.path == path).values(looked_at=datetime.now(UTC)))

    def forget_folder(self, folder_id: int, *, videos: bool) -> int:
        """A folder is looked at no more. Videos that are in another folder as well go over to that.

        Args:
            videos: forget its videos, too; else they stay and are found

        Returns:
            how many were forgotten

        Raises:
            NotFound: there is no such folder
        """
        path = self.folder(folder_id).path
        with self._writing() as connection:
            _hand_over(connection, folder_id, path)
            ids = connection.scalars(select(File.id).where(File.root_id == folder_id)).all()
            if videos:
                remove_files(connection, ids)
            if videos or not ids:
                connection.execute(delete(Root).where(Root.id == folder_id))
            else:
                kept = {"listed": False, "watched": False}
                connection.execute(update(Root).where(Root.id == folder_id).values(kept))
            return len(ids) if videos else 0

    def stamps(self, under: str) -> dict[str, Stamp]:
        """Size and time of every known file inside a folder, by path."""
        query = select(File.path, File.size, File.mtime_ns, File.missing).where(below(under))
        with self._reading() as connection:
            return {path: Stamp(size, at, gone) for path, size, at, gone in connection.execute(query)}

    def leave_out(self, file_ids: Iterable[int]) -> int:
        """Forgets files, as `remove` does, and leaves them out when their folders are indexed.

        Returns:
            how many there were
        """
        with self._writing() as connection:
            removed = 0
            for ids in chunks(file_ids):
                paths = connection.scalars(select(File.path).where(File.id.in_(ids))).all()
                known = set(connection.scalars(select(models.LeftOut.path)))
                if new := [{"path": path} for path in paths if path not in known]:
                    connection.execute(insert(models.LeftOut), new)
                removed += remove_files(connection, ids)
            return removed

    def left_out(self) -> list[LeftOutFile]:
        """The files that are left out, by path."""
        query = select(models.LeftOut.id, models.LeftOut.path).order_by(models.LeftOut.path)
        with self._reading() as connection:
            return [LeftOutFile(*row) for row in connection.execute(query)]

    def bring_back(self, paths: Collection[str]) -> None:
        """Files are left out no more."""
        with self._writing() as connection:
            for path in paths:
                connection.execute(delete(models.LeftOut).where(models.LeftOut.path == path))


def _hand_over(connection: Connection, folder_id: int, path: str) -> None:
    """Files of a folder that are inside another one that is looked at go over to that, the innermost."""
    others = connection.execute(select(Root.id, Root.path).where(Root.listed, Root.id != folder_id)).all()
    for id_, other in sorted(others, key=lambda row: len(row.path), reverse=True):
        if Path(other).is_relative_to(path) or Path(path).is_relative_to(other):
            inside = update(File).where(File.root_id == folder_id, below(other))
            connection.execute(inside.values(root_id=id_))
