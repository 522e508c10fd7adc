"""What helps to ask: a query as it is understood, how it could go on, and searches that were given a name."""

from urllib.parse import parse_qs, urlencode

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from indexer.catalog import Catalog
from plugins.errors import InvalidValue, QuerySyntax
from plugins.queries import Concept, LikeShot, Term, Text
from plugins.values import SECOND
from search.query import MAX_CHARACTERS
from search.suggest import Kind, suggest
from search.syntax import Parsed, parse
from web.asked import Parameters, SearchParameters
from web.site import site
from web.texts import answered

blueprint = APIBlueprint("searching", __name__, url_prefix="/api/v1", tag="Searching")

NOT_FOUND = {404: "There is no such thing here"}
SHOWN_TOO = ("view", "strip", "compare")
"""parameters of the page that a saved search may have besides those of a search"""


class QueryParameters(Parameters):
    """A query in the language of docs/search.md."""

    q: str = Field("", max_length=MAX_CHARACTERS)


class TermOut(BaseModel):
    """One thing that is asked for."""

    kind: str = Field(description="`text`, `phrase`, `concept` or `like`.")
    text: str
    weight: float = Field(description="Below 0: it must not be there.")


class StepOut(BaseModel):
    """Things that are asked for together."""

    within: float | None = Field(description="Seconds after the step before, at most; null for the first.")
    terms: list[TermOut]


class FilterOut(BaseModel):
    """What every hit must satisfy."""

    name: str
    value: str
    start: int = Field(description="Where it stands in the query, in characters.")
    end: int


class WrongOut(BaseModel):
    """Why a query cannot be read."""

    at: int = Field(description="The character that is wrong, from 0.")
    message: str = Field(description="Where and what.")
    what: str = Field(description="What alone.")


class ParsedOut(BaseModel):
    """A query as it is understood."""

    steps: list[StepOut]
    filters: list[FilterOut]
    error: WrongOut | None = Field(description="Null where it can be read.")


class SuggestParameters(QueryParameters):
    """A query that is being typed."""

    at: int | None = Field(None, ge=0, le=MAX_CHARACTERS, description="The cursor; the end where absent.")


class SuggestionOut(BaseModel):
    """One way to go on."""

    kind: Kind
    insert: str = Field(description="What takes the place of the text from `start` to the cursor.")
    start: int
    shown: str
    hint: str


class SuggestionsOut(BaseModel):
    """How the query could go on; the likeliest first."""

    suggestions: list[SuggestionOut]


class SavedIn(BaseModel):
    """A search and its name."""

    model_config = ConfigDict(extra="forbid")

    name: str
    address: str = Field(description="Its parameters, as an address has them: `q=a+dog&folder=%2Ffilms`.")


class SavedName(BaseModel):
    """A saved search by name."""

    model_config = ConfigDict(extra="forbid")

    name: str


class SavedOut(BaseModel):
    """A saved search."""

    name: str
    address: str
    page_url: str


class SearchesOut(BaseModel):
    """Every saved search, by name."""

    searches: list[SavedOut]


@blueprint.get("/parse")
@blueprint.input(QueryParameters, location="query", arg_name="asked")
@blueprint.output(ParsedOut)
def parse_query(asked: QueryParameters) -> ParsedOut:
    """How a query is understood. Asks nothing and looks nothing up."""
    try:
        parsed = parse(asked.q)
    except QuerySyntax as error:
        return ParsedOut(
            steps=[],
            filters=[],
            error=WrongOut(at=error.at, message=answered(error.message), what=answered(error.what)),
        )
    filters = [FilterOut(name=p.name, value=p.value, start=p.start, end=p.end) for p in parsed.places]
    return ParsedOut(steps=list(_steps(parsed, site().engine.within_us)), filters=filters, error=None)


@blueprint.get("/suggest")
@blueprint.input(SuggestParameters, location="query", arg_name="asked")
@blueprint.output(SuggestionsOut)
def suggest_more(asked: SuggestParameters) -> SuggestionsOut:
    """How a query could go on at the cursor."""
    text = asked.q if asked.at is None else asked.q[: asked.at]
    return SuggestionsOut(
        suggestions=[
            SuggestionOut(kind=s.kind, insert=s.insert, start=s.start, shown=s.shown, hint=answered(s.hint))
            for s in suggest(text, _catalog())
        ]
    )


@blueprint.get("/searches")
@blueprint.output(SearchesOut)
def list_searches() -> SearchesOut:
    """The searches that were given a name."""
    return _searches()


@blueprint.post("/searches")
@blueprint.input(SavedIn, location="json", arg_name="sent")
@blueprint.output(SearchesOut)
def save_search(sent: SavedIn) -> SearchesOut:
    """Give a search a name, in place of one of that name."""
    _catalog().save_search(sent.name, _checked(sent.address))
    return _searches()


@blueprint.delete("/searches")
@blueprint.input(SavedName, location="json", arg_name="sent")
@blueprint.output(SearchesOut)
@blueprint.doc(responses=NOT_FOUND)
def remove_search(sent: SavedName) -> SearchesOut:
    """Forget a saved search."""
    _catalog().remove_search(sent.name)
    return _searches()


def _checked(address: str) -> str:
    """The parameters of a search among those of an address.

    Raises:
        InvalidValue: nothing is asked for, or something that will not be there for long
        QuerySyntax: the query cannot be read
    """
    given = parse_qs(address.removeprefix("?"))
    if "upload" in given:
        raise InvalidValue("what was sent is not kept for ever, so a search with it cannot be saved")
    known = {n: v for n, v in given.items() if n in SearchParameters.model_fields or n in SHOWN_TOO}
    known.pop("offset", None)
    if not known.keys() & {"q", "like"}:
        raise InvalidValue("a search that is saved has a query or a shot")
    parse(known.get("q", [""])[0])
    return urlencode(known, doseq=True)


def _steps(parsed: Parsed, within_us: int) -> list[StepOut]:
    """
    Args:
        within_us: for what follows, where the query does not say
    """
    first = [StepOut(within=None, terms=list(map(_term, parsed.terms)))] if parsed.terms else []
    rest = [
        StepOut(within=(s.within_us or within_us) / SECOND, terms=list(map(_term, s.terms)))
        for s in parsed.then
    ]
    return first + rest


def _term(term: Term) -> TermOut:
    match term:
        case Text(text=text, exact=exact):
            return TermOut(kind="phrase" if exact else "text", text=text, weight=term.weight)
        case Concept(name=name):
            return TermOut(kind="concept", text=name, weight=term.weight)
        case LikeShot(shot_id=shot_id):
            return TermOut(kind="like", text=str(shot_id), weight=term.weight)
    raise AssertionError(f"no text becomes a {type(term).__name__}")


def _searches() -> SearchesOut:
    return SearchesOut(
        searches=[
            SavedOut(name=item.name, address=item.address, page_url=f"/?{item.address}")
            for item in _catalog().saved_searches()
        ]
    )


def _catalog() -> Catalog:
    return site().engine.library.catalog
