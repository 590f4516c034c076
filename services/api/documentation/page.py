"""The specification as one page of HTML that needs nothing from elsewhere: no script, no style sheet, no font."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from markdown_it import MarkdownIt

Json = dict[str, Any]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; color: #1b1b1b; }
pre { background: #f4f4f2; overflow-x: auto; padding: .75rem; font-size: .85rem; }
details { border: 1px solid #ccc; border-radius: 4px; margin: .5rem 0; padding: .25rem .75rem; }
summary { cursor: pointer; }
code { font-size: .9rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .5rem; text-align: left; vertical-align: top; }
.method { display: inline-block; font-weight: 700; min-width: 4rem; }
"""


def render(specification: Json) -> str:
    """Return the page."""
    info = specification["info"]
    operations = "".join(
        _operation(method, path, operation)
        for path, item in specification["paths"].items()
        for method, operation in item.items()
    )
    schemas = "".join(_schema(name, schema) for name, schema in sorted(specification["components"]["schemas"].items()))
    return f"""<!DOCTYPE html>
<html lang="sv"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(info["title"])} {escape(info["version"])}</title><style>{_STYLE}</style></head>
<body><h1>{escape(info["title"])} {escape(info["version"])}</h1>
<p><code>{escape(specification["servers"][0]["url"])}</code> ·
<a href="openapi.json">openapi.json</a> · <a href="openapi.yaml">openapi.yaml</a></p>
{MarkdownIt("commonmark", {"html": False}).render(info["description"])}
<h2>Anrop / Operations</h2>{operations}
<h2>Scheman / Schemas</h2>{schemas}
</body></html>"""


def _operation(method: str, path: str, operation: Json) -> str:
    body = operation.get("requestBody", {}).get("content", {})
    answers = "".join(
        f"<h4>{escape(status)} {escape(answer['description'])}</h4>{_examples(answer.get('content', {}))}"
        for status, answer in operation["responses"].items()
    )
    return f"""<details><summary><span class="method">{method.upper()}</span> <code>{escape(path)}</code>
{escape(operation.get("summary", ""))}</summary>
<p>{escape(operation.get("description", ""))}</p>{_parameters(operation.get("parameters", []))}
{"<h4>Innehåll / Body</h4>" + _examples(body) if body else ""}{answers}</details>"""


def _parameters(parameters: list[Json]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}</td>"
        f"<td>{escape(parameter.get('description', ''))}</td></tr>"
        for parameter in parameters
    )
    return f"<table><tr><th>Parameter</th><th>Plats / In</th><th></th></tr>{rows}</table>"


def _examples(content: Json) -> str:
    return "".join(
        f"<p><code>{escape(media_type)}</code></p><pre>{_value(example['value'])}</pre>"
        for media_type, media in content.items()
        for example in media.get("examples", {}).values()
    )


def _schema(name: str, schema: Json) -> str:
    return f"<details><summary><code>{escape(name)}</code></summary><pre>{_value(schema)}</pre></details>"


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return escape(text)
