"""What the modules of the pages share: the blueprint they stand in, their parameters, their addresses."""

from typing import Any, TypeVar

from flask import Blueprint, request, url_for
from pydantic import ValidationError

from indexer.catalog import Catalog
from plugins.errors import InvalidQuery
from web.asked import Parameters
from web.refusals import told
from web.site import site

blueprint = Blueprint("pages", __name__)

P = TypeVar("P", bound=Parameters)


def parameters(model: type[P], **defaults: object) -> P:
    """The parameters of a page; unlike the API's, unknown ones are ignored (links collect them).

    Raises:
        InvalidQuery: one has a value it cannot have
    """
    first = {name: values[0] for name, values in given(model).items()}
    try:
        return model.model_validate(defaults | first)
    except ValidationError as error:
        raise InvalidQuery(told(error.errors())) from error


def given(model: type[Parameters]) -> dict[str, list[str]]:
    """The known parameters of this request."""
    return {name: values for name, values in request.args.lists() if name in model.model_fields}


def here(**changes: object) -> str:
    """The address of this page with some parameters changed, or left out where None."""
    args: dict[str, Any] = dict(request.args.lists())
    return url_for(str(request.endpoint), **(args | changes))


def catalog() -> Catalog:
    return site().engine.library.catalog
