"""What every view of one application shares."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from search.engine import Engine
from web.uploads import Uploads

KEY = "shotseek"


@dataclass(frozen=True, slots=True)
class Site:
    """One library being served."""

    name: str
    """shown in the header and in titles"""
    engine: Engine
    uploads: Uploads
    """pictures and clips that visitors asked with"""


def site() -> Site:
    """The site of the application that handles the current request."""
    return cast(Site, current_app.extensions[KEY])
