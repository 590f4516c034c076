"""Every answer of the API that a test's client receives is compared with the API's own specification."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
from fastapi import FastAPI

from services.api.http.routing import BASE
from shared.settings import Settings
from tests.conftest import BASE_URL, create_app
from tests.extent import IS_LONG

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it tells no types

# Of a longer list so many are compared, evenly chosen: a comparison takes more time than the answer.
MOST_ALIKE = 50


def keeps_contract_of(app: FastAPI) -> Callable[[httpx.Response], Awaitable[None]]:
    """Return what fails for an answer that is not as the specification says."""

    async def keeps_contract(response: httpx.Response) -> None:
        await response.aread()
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if response.status_code == httpx.codes.NOT_MODIFIED or not response.content:
            return
        operation = _operation(app, response.request)
        assert operation is None or str(response.status_code) in operation["responses"], response.text
        if response.is_error:
            assert media_type == "application/problem+json", response.text
            _validator("#/components/schemas/Problem").validate(response.json())
            return
        if operation is None:
            return
        content = operation["responses"][str(response.status_code)]["content"][media_type]
        if media_type == "application/json":
            _validator(json.dumps(content["schema"])).validate(_sample(response.json()))

    return keeps_contract


def _sample(answer: Any) -> Any:
    """Return an answer with some of the entries of its long lists, each first and last one among them."""
    if IS_LONG or not isinstance(answer, dict):
        return answer
    return {
        name: [*value[:: -(-len(value) // MOST_ALIKE)], value[-1]]
        if isinstance(value, list) and len(value) > MOST_ALIKE
        else value
        for name, value in answer.items()
    }


def _operation(app: FastAPI, request: httpx.Request) -> dict[str, Any] | None:
    """Return what the specification says of a request's operation; None for addresses outside of it."""
    for path, item in specification()["paths"].items():
        template, actual = f"{BASE}{path}".split("/"), request.url.path.split("/")
        if len(template) == len(actual) and all(
            expected.startswith("{") or expected == given for expected, given in zip(template, actual, strict=True)
        ):
            found: dict[str, Any] | None = item.get(request.method.lower())
            return found
    return None


@cache
def specification() -> dict[str, Any]:
    """Return the API's specification; it is the same for every app."""
    settings = Settings(database_url="postgresql+psycopg://", redis_url="redis://", public_url=BASE_URL)
    return json.loads(json.dumps(create_app(settings).state.specification.document))


@cache
def _validator(schema: str) -> Draft202012Validator:
    # It compiles a grammar of addresses when it is imported, which takes a second.
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

    root = json.loads(schema) if schema.startswith("{") else {"$ref": schema}
    whole = {**root, "components": specification()["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())
