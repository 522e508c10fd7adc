"""The JSON API, a module for each subject; `/api/v1/openapi.json` describes all of it."""

from web.api import (
    atlas,
    collections,
    copies,
    core,
    folders,
    jobs,
    links,
    playing,
    searching,
    teaching,
    uploads,
)

DESCRIPTION = core.DESCRIPTION

blueprints = (
    core.blueprint,
    atlas.blueprint,
    collections.blueprint,
    copies.blueprint,
    playing.blueprint,
    searching.blueprint,
    teaching.blueprint,
    folders.blueprint,
    jobs.blueprint,
    links.blueprint,
    uploads.blueprint,
)
