"""Reads YAML together with the line that each key and entry stands on, so that a fault can be found by a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from shared.catalogue.rules import Path


class UnreadableYaml(Exception):
    """A text is not YAML in UTF-8; the text says why, `line` where."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(reason)


@dataclass(slots=True)
class YamlDocument:
    """A document as plain data, the line of each of its keys and entries by its path, and what is wrong in it so far.

    A key that stands twice, or a date that there is none of, is a fault with its line; its content is then null.
    """

    content: Any = None
    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})
    faults: list[tuple[int, str]] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of the path, or of the nearest key above it that the document has."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def read_yaml(content: bytes) -> YamlDocument:
    """Read a document.

    Raises:
        UnreadableYaml: it is none.
    """
    try:
        node = yaml.compose(content.decode(), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnreadableYaml(line, f"is not YAML: {error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnreadableYaml(1, f"is not YAML in UTF-8: {error}") from error
    document = YamlDocument()
    document.content = _plain(node, (), document)
    return document


def _plain(node: yaml.Node | None, path: Path, document: YamlDocument) -> Any:  # noqa: ANN401  YAML is untyped until validated
    """Turn a node into plain data, noting the line of every key."""
    if isinstance(node, yaml.MappingNode):
        counts = Counter(key.value for key, _ in node.value)
        for key, _ in node.value:
            if counts[key.value] > 1 and (*path, key.value) in document.lines:
                document.faults.append((key.start_mark.line + 1, f"'{key.value}' stands twice"))
            document.lines[*path, key.value] = key.start_mark.line + 1
        return {key.value: _plain(value, (*path, key.value), document) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            document.lines[*path, index] = item.start_mark.line + 1
        return [_plain(item, (*path, index), document) for index, item in enumerate(node.value)]
    if node is None:
        return None
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, yaml.YAMLError) as error:  # the 31st of February, say
        document.faults.append((node.start_mark.line + 1, f"{'.'.join(map(str, path))}: {error}"))
        return None
