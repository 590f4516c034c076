"""The national REST API profile over our own specification; `profile-rules.tsv` says which test is for which rule."""

# Over 300 lines: a test for each rule of the national profile.

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it tells no types
from openapi_spec_validator import OpenAPIV31SpecValidator

from services.api.app import create_app
from shared.settings import Settings

Json = dict[str, Any]

BASE = "/samverkan/v1"
SERVER = "https://api.example.se"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: nothing is written."""
    return fresh_database()


@pytest.fixture(scope="module")
def specification() -> Json:
    """Return the specification of a service that is reached as it is in production."""
    settings = Settings(database_url="postgresql+psycopg://", redis_url="redis://", public_url=SERVER)
    return json.loads(json.dumps(create_app(settings).state.specification.document))


@pytest.fixture(scope="module")
def operations(specification: Json) -> list[tuple[str, Json]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in specification["paths"].items()
        for method, operation in item.items()
    ]


def bodies(operation: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield an operation's bodies: whose, of which media type, and its media type object."""
    sides = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for side, body in sides.items():
        for media_type, media in body.get("content", {}).items():
            yield side, media_type, media


def properties(schema: Json, path: str) -> Iterator[tuple[str, Json]]:
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field


def all_properties(specification: Json) -> list[tuple[str, Json]]:
    schemas = specification["components"]["schemas"]
    return [found for name, schema in schemas.items() for found in properties(schema, name)]


def formats(field: Json) -> set[str]:
    return {form["format"] for form in (field, *field.get("anyOf", [])) if "format" in form}


def test_it_is_a_valid_openapi_document(specification: Json) -> None:
    assert specification["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(specification).iter_errors()) == []


def test_it_tells_whom_to_ask_and_on_what_terms(specification: Json) -> None:
    info = specification["info"]
    assert info["contact"]["url"].startswith("https://")
    assert info["license"]["name"]
    assert info["license"]["url"].startswith("https://")
    assert info["termsOfService"].startswith("https://")
    assert re.fullmatch(r"[1-9]\d*\.\d+\.\d+", info["version"])


@pytest.mark.parametrize(
    "words",
    [
        ("Användarvillkor", "Terms of use"),
        ("Datamodell", "Data model"),
        ("Autentisering", "Authentication"),
        ("Servicenivå", "Service level"),
        ("Kända problem och begränsningar", "Known problems and limits"),
        ("Livscykel", "Life cycle"),
        ("tas ur bruk", "end of version 1"),
    ],
)
def test_the_description_says_it_in_both_languages(specification: Json, words: tuple[str, ...]) -> None:
    for word in words:
        assert word in specification["info"]["description"]


def test_every_operation_is_described_in_both_languages(operations: list[tuple[str, Json]]) -> None:
    for name, operation in operations:
        assert operation["summary"], name
        assert " / " in operation["description"], name
        assert operation["operationId"].isalnum(), name
    assert len({operation["operationId"] for _, operation in operations}) == len(operations)


def test_every_parameter_is_described(operations: list[tuple[str, Json]]) -> None:
    for name, operation in operations:
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), f"{name}: {parameter['name']}"


def test_every_operation_tells_its_errors_as_problems(operations: list[tuple[str, Json]]) -> None:
    for name, operation in operations:
        statuses = set(operation["responses"])
        assert any(status.startswith("2") for status in statuses), name
        assert {"400", "500"} <= statuses, name
        if "security" in operation:
            assert {"401", "403"} <= statuses, name
        if "{" in name:
            assert "404" in statuses, name
        for side, media_type, media in bodies(operation):
            if side[0] in "45":
                assert media_type == "application/problem+json", f"{name} {side}"
                assert media["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_a_problem_has_the_members_of_the_standard(specification: Json) -> None:
    assert {"type", "title", "status", "detail", "instance"} <= set(
        specification["components"]["schemas"]["Problem"]["properties"]
    )


def test_the_framework_leaves_no_trace(specification: Json) -> None:
    assert "ValidationError" not in json.dumps(specification)
    # Of two models of one name it makes names of their modules.
    assert [name for name in specification["components"]["schemas"] if "__" in name] == []


def test_schemas_are_used_and_bounds_are_those_of_json_schema(specification: Json) -> None:
    """`trials E7`: what only Python knows is nothing to a reader of the specification."""
    text = json.dumps(specification)
    schemas = specification["components"]["schemas"]
    assert [name for name in schemas if f'"#/components/schemas/{name}"' not in text] == []
    words = {name for schema in schemas.values() for _, found in properties(schema, "") for name in _words(found)}
    assert words.isdisjoint({"ge", "le", "gt", "lt", "multiple_of", "max_digits", "decimal_places"})
    assert {"minimum", "maximum"} <= words


def _words(schema: Json) -> Iterator[str]:
    for name, value in schema.items():
        yield name
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from _words(inner)


def test_what_a_change_builds_on_is_required_where_it_is_refused_without(operations: list[tuple[str, Json]]) -> None:
    """`trials E7`"""
    guarded = [operation for _, operation in operations if "428" in operation["responses"]]
    assert len(guarded) >= 8
    for operation in guarded:
        (tag,) = [one for one in operation["parameters"] if one["name"].lower() == "if-match"]
        assert (tag["required"], tag["schema"]["type"]) == (True, "string")


def test_every_body_has_an_example_that_fits_its_schema(
    specification: Json, operations: list[tuple[str, Json]]
) -> None:
    components = {"components": specification["components"]}
    for name, operation in operations:
        for side, media_type, media in bodies(operation):
            assert media.get("examples"), f"{name} {side} {media_type}"
            if media_type.endswith("json"):
                for example in media["examples"].values():
                    Draft202012Validator({**media["schema"], **components}).validate(example["value"])


def test_dates_and_times_follow_the_standard_and_have_one_example(specification: Json) -> None:
    seen = set()
    for path, field in all_properties(specification):
        for form in formats(field):
            seen.add(form)
            if form == "date":
                date.fromisoformat(field["example"])
            elif form == "date-time":
                assert field["example"].endswith("Z"), path
                datetime.fromisoformat(field["example"])
    assert "date" in seen


def test_addresses_are_lower_case_with_hyphens(specification: Json) -> None:
    for path in specification["paths"]:
        for part in path.strip("/").split("/"):
            if part.startswith("{"):
                assert re.fullmatch(r"\{[a-z][a-zA-Z]*\}", part), path
            else:
                assert re.fullmatch(r"[a-z]+(-[a-z]+)*(\.svg)?", part), path
                # One picture is no list.
                assert part.endswith("s") or part in {"api-info", "chart.svg"}, path


def test_the_server_is_named_with_api_and_major_version(specification: Json) -> None:
    (server,) = specification["servers"]
    assert server["url"] == f"{SERVER}{BASE}"


async def test_the_specification_is_of_the_version_that_is_served(stranger: httpx.AsyncClient) -> None:
    info = (await stranger.get(f"{BASE}/api-info")).json()
    served = (await stranger.get(f"{BASE}/openapi.json")).json()
    assert served["info"]["version"] == info["apiVersion"]
    assert BASE.endswith(f"/v{info['apiVersion'].partition('.')[0]}")


def test_resources_are_named_by_codes_and_not_by_numbers_of_the_database(
    specification: Json, operations: list[tuple[str, Json]]
) -> None:
    for name, operation in operations:
        for parameter in operation.get("parameters", []):
            # The parties themselves number the annexes of their agreement.
            if parameter["in"] == "path" and parameter["name"] != "number":
                assert parameter["schema"]["type"] == "string", f"{name}: {parameter['name']}"
    for path, field in all_properties(specification):
        if re.fullmatch(r"id|.*Id", path.rpartition(".")[2]):
            assert "integer" not in json.dumps(field), path


def test_only_a_get_reads_and_its_query_carries_no_data(operations: list[tuple[str, Json]]) -> None:
    for name, operation in operations:
        sent = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        if name.startswith("GET"):
            continue
        # How a file is read, and whether it is a dry run, goes in the query: the body is the file.
        if name == "PUT /agreements/{agreementCode}":
            assert sent == {"dryRun"}
        else:
            assert sent == ({"mapping", "dryRun"} if name.endswith("-imports") else set()), name
        if name.startswith("POST"):
            assert {"201", "202"} & set(operation["responses"]), name


def test_headers_carry_no_data(operations: list[tuple[str, Json]]) -> None:
    for name, operation in operations:
        headers = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "header"}
        assert headers <= {"if-match", "prefer", "x-sent-by"}, name


def test_names_are_camel_case_throughout(specification: Json, operations: list[tuple[str, Json]]) -> None:
    """A linter warns of AME.04: `_meta` and `_links` are named so by the profile itself."""
    names = [path.rpartition(".")[2] for path, _ in all_properties(specification)]
    names += [
        parameter["name"]
        for _, operation in operations
        for parameter in operation.get("parameters", [])
        if parameter["in"] != "header"
    ]
    for name in set(names) - {"_meta", "_links"}:
        assert re.fullmatch(r"[a-z][a-zA-Z0-9]*", name), name


def test_lists_have_plural_names(specification: Json) -> None:
    for path, field in all_properties(specification):
        if field.get("type") == "array":
            assert path.endswith(("s", "followUp", "only", "excluding")), path


def test_lists_are_paged_from_one_by_twenty(operations: list[tuple[str, Json]]) -> None:
    paged = 0
    for _name, operation in operations:
        parameters = {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", [])}
        # A feed is no list: it goes on from where its reader has come to, and has no pages to number.
        assert ("page" in parameters) == ("limit" in parameters)
        if "page" in parameters:
            paged += 1
            assert (parameters["page"]["minimum"], parameters["page"]["default"]) == (1, 1)
            assert (parameters["limit"]["minimum"], parameters["limit"]["default"]) == (1, 20)
    assert paged >= 5


def test_keys_are_sent_as_bearer_and_never_in_the_address(
    specification: Json, operations: list[tuple[str, Json]]
) -> None:
    schemes = specification["components"]["securitySchemes"]
    assert {(scheme["type"], scheme["scheme"]) for scheme in schemes.values()} == {("http", "bearer")}
    open_to_all = {name for name, operation in operations if "security" not in operation}
    assert open_to_all == {"GET /api-info"}
    for name, operation in operations:
        for parameter in operation.get("parameters", []):
            assert "key" not in parameter["name"].lower(), name


def test_parameters_of_a_query_are_optional(operations: list[tuple[str, Json]]) -> None:
    for name, operation in operations:
        for parameter in operation.get("parameters", []):
            assert parameter["in"] != "query" or not parameter["required"], name


def test_a_read_takes_no_body(operations: list[tuple[str, Json]]) -> None:
    for name, operation in operations:
        if name.startswith(("GET", "DELETE")):
            assert "requestBody" not in operation


def test_every_answer_links_to_itself(specification: Json, operations: list[tuple[str, Json]]) -> None:
    schemas = specification["components"]["schemas"]
    assert set(schemas["Link"]["properties"]) == {"href", "rel", "method"}
    assert set(schemas["PageLinks"]["properties"]) == {"self", "first", "prev", "next", "last"}
    assert set(schemas["Meta"]["properties"]) == {"count", "page", "limit", "totalRecords", "totalPages"}
    for name, operation in operations:
        for side, media_type, media in bodies(operation):
            if side.startswith("2") and media_type == "application/json":
                schema = schemas[media["schema"]["$ref"].rpartition("/")[2]]
                assert "_links" in schema["properties"], name


async def test_api_info_tells_what_it_must(stranger: httpx.AsyncClient) -> None:
    info = (await stranger.get(f"{BASE}/api-info")).json()
    assert {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"} <= set(info)
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["apiVersion"])
    assert info["apiStatus"] == "active"


async def test_the_specification_is_found_under_the_root_in_both_forms(stranger: httpx.AsyncClient) -> None:
    as_json = await stranger.get(f"{BASE}/openapi.json")
    as_yaml = await stranger.get(f"{BASE}/openapi.yaml")
    assert as_json.headers["content-type"] == "application/json"
    assert yaml.safe_load(as_yaml.text) == as_json.json()
    assert "&id" not in as_yaml.text
