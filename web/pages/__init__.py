"""The HTML pages, a module for each subject; what each template is given stands in `web.pages.contexts`."""

from web.pages import atlas, base, collections, library, login, search, views

__all__ = ["atlas", "blueprints", "collections", "library", "login", "search", "views"]

blueprints = (base.blueprint, login.blueprint)
