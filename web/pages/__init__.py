"""The HTML pages, a module for each subject; what each template is given stands in `web.pages.contexts`."""

from web.pages import base, search, views

__all__ = ["blueprints", "search", "views"]

blueprints = (base.blueprint,)
