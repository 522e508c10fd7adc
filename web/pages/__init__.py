"""The HTML pages, a module for each subject; what each template is given stands in `web.pages.contexts`."""

from web.pages import views

blueprints = (views.blueprint,)
