"""The HTML pages, a module for each subject; what each template is given stands in `web.pages.contexts`."""

from web.pages import atlas, base, collections, library, search, views

__all__ = ["atlas", "blueprints", "collections", "library", "search", "views"]

blueprints = (base.blueprint,)
