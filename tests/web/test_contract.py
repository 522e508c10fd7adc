"""The API against its own document: whatever is asked, no fault of ours, and every answer as it is described.

Seen failing: 23 routes answered a status that the document did not name, and a number that no row can have
was answered as a wrong method.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from web.site import KEY

DOCUMENT = "/api/v1/openapi.json"
ENDLESS = ("/api/v1/events", "/api/v1/exports/{export_id}")
"""what answers as long as the caller listens"""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def understood(part: Any) -> Any:
    """The document without ``prefixItems``, which schemathesis takes for an older draft's ``items``."""
    if isinstance(part, list):
        return [understood(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {name: understood(item) for name, item in part.items() if name != "prefixItems"}
    return kept | ({"items": understood(part["prefixItems"][0])} if "prefixItems" in part else {})


def hold(client: FlaskClient, calls: int) -> int:
    """Makes about so many calls, as many to each operation that can be called so variously; says how many."""
    app, made = client.application, 0

    def local(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        plain = {"REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT_ENCODING": "identity"}  # nobody would unpack it
        return app(environ | plain, start)

    document = understood(json.loads(client.get(DOCUMENT).data))
    schema = schemathesis.openapi.from_dict(document)
    schema.app = local
    schema.location = DOCUMENT
    found: list[Any] = [item.ok() for item in schema.get_all_operations()]  # type: ignore[union-attr]
    operations = [item for item in found if item.path not in ENDLESS]
    assert len(found) - len(operations) in (2, 3)
    for operation in operations:

        @settings(
            max_examples=-(-calls // len(operations)),
            database=None,
            derandomize=True,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            nonlocal made
            made += 1
            case.call_and_validate(checks=CHECKS)

        call()
    app.extensions[KEY].close()  # what was started ends before its library is closed
    return made


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_answer_is_as_the_document_says(own: FlaskClient) -> None:
    assert hold(own, 150) > 100


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_thousand_calls_find_no_fault(own: FlaskClient, figure: Callable[[str], None]) -> None:
    """The figures are in docs/reliability.md."""
    made = hold(own, 2700)
    assert made > 2000
    figure(f"{made} calls, every answer as the document says")
