"""What the library knows, and the only SQL. The single truth: everything else can be made again from it."""

from indexer.catalog.accounts import ROLES, Account, AccountStore, KeyRecord, Role
from indexer.catalog.collections import Collection, CollectionItem, CollectionStore, Pick
from indexer.catalog.facets import FacetReader
from indexer.catalog.folders import FolderStore
from indexer.catalog.labels import LabelCount, LabelStore
from indexer.catalog.marks import ConceptRecord, Example, Mark, MarkStore, Moment, concept_name
from indexer.catalog.models import REVISION
from indexer.catalog.naming import LABEL, TAG, label_name
from indexer.catalog.places import Origin, PlaceReader
from indexer.catalog.reader import FileReader
from indexer.catalog.records import (
    FileRecord,
    FolderRecord,
    Found,
    LeftOutFile,
    Problem,
    Row,
    SpaceRecord,
    StageRecord,
    Stamp,
    State,
    VideoOrder,
    VideoState,
    VideoSummary,
    Watermark,
    WordMatch,
)
from indexer.catalog.searches import SavedSearch, SearchStore
from indexer.catalog.spaces import SpaceStore
from indexer.catalog.tags import Tag, TagStore
from indexer.catalog.words import WordReader
from indexer.catalog.writer import Writer

__all__ = [
    "LABEL",
    "REVISION",
    "ROLES",
    "TAG",
    "Account",
    "Catalog",
    "Collection",
    "CollectionItem",
    "ConceptRecord",
    "Example",
    "FileRecord",
    "FolderRecord",
    "Found",
    "KeyRecord",
    "LabelCount",
    "LeftOutFile",
    "Mark",
    "Moment",
    "Origin",
    "Pick",
    "Problem",
    "Role",
    "Row",
    "SavedSearch",
    "SpaceRecord",
    "StageRecord",
    "Stamp",
    "State",
    "Tag",
    "VideoOrder",
    "VideoState",
    "VideoSummary",
    "Watermark",
    "WordMatch",
    "concept_name",
    "label_name",
]


class Catalog(
    FileReader,
    PlaceReader,
    SpaceStore,
    WordReader,
    MarkStore,
    TagStore,
    LabelStore,
    CollectionStore,
    FacetReader,
    SearchStore,
    FolderStore,
    AccountStore,
    Writer,
):
    """The database of one library. Safe to use from many threads and processes.

    Every method may raise `LibraryError` when the database cannot be read, and `LibraryBusy` when another
    process has kept it to itself for ten seconds.
    """
