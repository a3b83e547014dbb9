"""The OpenAPI document: valid, complete, and true of the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.routing import Rule

from api.access import POLICIES
from api.app import App, create_app
from api.settings import Settings
from ledger import logkey
from tests.kit import CASE, Kecamatan
from tests.signed_in import desk


def documented(rule: Rule) -> bool:
    """Tell whether an address is a program's: not a page of the desk, nor this document itself."""
    return not rule.endpoint.startswith("desk.") and rule.rule != "/openapi.json"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("buku")
    office = Kecamatan(folder).open()
    office.run()
    logkey.write(folder / "log.key", office.log)
    app = create_app(Settings(folder), office.clock)
    yield app
    app.close()


@pytest.fixture(scope="module")
def client(app: App) -> FlaskClient:
    return desk(app)


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    return dict(client.get("/openapi.json").get_json())


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{verb.upper()} {path}": one for path, item in document["paths"].items() for verb, one in item.items()}


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_documented_and_nothing_else_is(app: App, document: dict[str, Any]) -> None:
    routes = {
        f"{verb} " + re.sub("<(?:path:)?([^>]+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if documented(rule)
    }
    assert set(operations(document)) == routes


def test_every_operation_has_a_name_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    found = operations(document).values()
    names = [one["operationId"] for one in found]
    assert len(names) == len(set(names))
    assert all(one["summary"].endswith(".") for one in found)


def test_every_operation_answers_errors_with_a_problem_and_no_other_form(document: dict[str, Any]) -> None:
    for name, one in operations(document).items():
        for status in ("400", "default"):
            content = one["responses"][status]["content"]
            assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}, name
        assert not {"422", "500"} & set(one["responses"]), name


def test_nothing_asks_for_a_password_but_for_a_token_in_a_header_or_a_cookie(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "jejak"},
    }
    assert "password" not in json.dumps(document).lower()


def test_a_session_is_asked_for_exactly_where_a_route_has_a_policy(app: App, document: dict[str, Any]) -> None:
    asked = {
        f"{verb} " + re.sub("<(?:path:)?([^>]+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if documented(rule) and POLICIES[rule.endpoint] is not None
    }
    said = {name: one["security"] for name, one in operations(document).items() if "security" in one}
    assert said.keys() == asked
    assert len(asked) > 20
    for name, one in said.items():
        assert one == [{"bearer": []}, {"cookie": []}], f"{name}: either will do"
    assert "security" not in document, "nothing is asked for everywhere"


def test_under_https_the_document_names_the_cookie_that_is_bound_to_its_host(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path)
    logkey.write(tmp_path / "log.key", office.log)
    app = create_app(Settings(tmp_path, web_origin="https://jejak.malangkab.example"), office.clock)
    schemes = app.test_client().get("/openapi.json").get_json()["components"]["securitySchemes"]
    assert schemes["cookie"]["name"] == "__Host-jejak"
    app.close()


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("GET /healthz", "/healthz"),
        ("GET /v1/ledger", "/v1/ledger"),
        ("GET /v1/consistency", "/v1/consistency?old=2&new=9"),
        ("GET /v1/streams/{stream}", f"/v1/streams/{CASE}"),
        ("GET /v1/streams/{stream}/place", f"/v1/streams/{CASE}/place?old=5"),
        ("GET /v1/streams/{stream}/place", "/v1/streams/sop:belum-ada/place"),
    ],
)
def test_an_answer_has_the_form_that_is_documented(
    operation: str, path: str, client: FlaskClient, document: dict[str, Any]
) -> None:
    schema = operations(document)[operation]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(client.get(path).get_json(), schema | {"components": document["components"]})


def test_a_problem_has_the_form_that_is_documented(client: FlaskClient, document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    for path in ("/tidak-ada", "/v1/entries/x", "/v1/sops/tidak-ada"):
        jsonschema.validate(client.get(path).get_json(), schema)
