"""Finds, in the source, every text that a refusal may have: what varies in it stands as `{name}`.

Texts are followed to where they are written: through variables, module constants, arguments of helper functions,
choices and sums. What is passed on from elsewhere is found where that is written.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FOLDERS = ("services", "shared")
# Texts that pydantic raises, or that are put into others: `_REMEDIES` and `_BOUNDS` hold those of its errors.
TABLES = {"shared/intake/violations.py": ("_REMEDIES", "_BOUNDS")}
# What the API does not answer as a problem: faults of settings, in a terminal, and OData's errors, in its own form.
NOT_ANSWERED = (
    "shared/settings.py",
    "shared/environment.py",
    "services/api/http/issuers.py",
    "services/cli/",
    "services/api/odata/",
)
# Where faults of definitions are found: a place and what is wrong there, with the remedy after a colon.
FINDINGS = ("shared/catalogue/rules.py", "shared/catalogue/indicator_kinds.py")
DEEPEST = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of the source, parsed."""

    path: str
    tree: ast.Module

    @cached_property
    def functions(self) -> list[Function]:
        """Every function and method, outer ones first."""
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @cached_property
    def calls(self) -> list[tuple[ast.Call, Function | None]]:
        """Every call, and the innermost function that it is in."""
        inside = {id(node): function for function in self.functions for node in ast.walk(function)}
        return [(node, inside.get(id(node))) for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """What is assigned to the names of the module itself."""
        found: dict[str, ast.expr] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                found[node.target.id] = node.value
        return found


@dataclass
class Found:
    """The texts, each with a place where it is raised."""

    texts: dict[str, str] = field(default_factory=dict)
    remedies: set[str] = field(default_factory=set)


def modules() -> list[Module]:
    """Return the source."""
    return [
        Module(str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not str(path.relative_to(ROOT)).startswith(NOT_ANSWERED)
    ]


def conditions(source: list[Module]) -> set[str]:
    """Return the names of the classes of conditions, whose first argument is a detail."""
    known = {"DomainError", "RequestError"}
    classes = [node for module in source for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    while more := {node.name for node in classes if {_name(base) for base in node.bases} & known} - known:
        known |= more
    return known - {"DomainError", "RequestError"}


def texts_in(source: list[Module]) -> Found:
    """Return every text of a refusal."""
    found, details = Found(), conditions(source)
    for module in source:
        for call, function in module.calls:
            place = f"{module.path}:{call.lineno}"
            for expression, is_remedy in _texts_of(call, details):
                for text in _written(expression, module, function):
                    found.texts.setdefault(text, place)
                    if is_remedy:
                        found.remedies.add(text)
        found.texts = {**dict(_usual(module, details)), **found.texts}
        for text, place in _findings(module):
            reason, _, remedy = text.partition(": ")
            found.texts.setdefault(reason, place)
            if remedy:
                found.texts.setdefault(f"{remedy[0].upper()}{remedy[1:]}.", place)
        for name in TABLES.get(module.path, ()):
            for text in _written(module.constants[name], module, None):
                found.texts.setdefault(_braced(text), f"{module.path}: {name}")
                found.remedies.add(text)
    return found


def _usual(module: Module, details: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what classes of conditions say where they are raised without words, and where that is written."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and node.name in details:
            for value in (value for one in node.body for value in _set_by(one, "usual_detail")):
                for text in _written(value, module, None):
                    yield text, f"{module.path}:{node.lineno}"


def _findings(module: Module) -> Iterator[tuple[str, str]]:
    """Yield what a definition may be told, as the API splits it, and where that is written."""
    if module.path not in FINDINGS:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            for text in _written(node.value.elts[1], module, None):
                yield text, f"{module.path}:{node.lineno}"


def _texts_of(call: ast.Call, details: set[str]) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the arguments of a call that are texts of a refusal, and whether they are remedies."""
    name, arguments = _name(call.func), [*call.args, *(keyword.value for keyword in call.keywords)]
    if name == "Violation" and len(arguments) == 3:
        yield arguments[1], False
        yield arguments[2], True
    elif name in {"UnreadableMoment", "UnreadableCell", "UnreadableNumber"} and len(arguments) == 2:
        yield arguments[0], False
        yield arguments[1], True
    elif name in details and arguments:
        yield arguments[0], False
    elif name == "_fault" and len(arguments) == 2:
        yield arguments[0], False
        yield arguments[1], True
    elif name == "PydanticCustomError":
        yield arguments[1], False
        if len(arguments) > 2 and isinstance(arguments[2], ast.Dict):
            for key, value in zip(arguments[2].keys, arguments[2].values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "remedy":
                    yield value, True


def _written(expression: ast.expr, module: Module, function: Function | None, depth: int = 0) -> Iterator[str]:
    """Yield what an expression may be, as far as it is written here."""
    if depth > DEEPEST:
        return
    match expression:
        case ast.Constant(value=str(text)) if text and text != "{reason}":
            yield _escaped(text)
        case ast.JoinedStr(values=parts):
            yield "".join(
                _escaped(str(part.value)) if isinstance(part, ast.Constant) else f"{{{_name(part)}}}" for part in parts
            )
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            for begin in _written(left, module, function, depth + 1):
                for end in _written(right, module, function, depth + 1):
                    yield begin + end
    for one in _instead(expression, module, function):
        yield from _written(one, module, function, depth + 1)


def _instead(expression: ast.expr, module: Module, function: Function | None) -> list[ast.expr]:
    """Return what an expression chooses from, or stands for."""
    match expression:
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
        case ast.BoolOp(values=several) | ast.Dict(values=several):
            return several
        case ast.Subscript(value=ast.Name(id=name)) if name in module.constants:
            return [module.constants[name]]
        case ast.Name(id=name):
            return _assigned(name, module, function)
    return []


def _assigned(name: str, module: Module, function: Function | None) -> list[ast.expr]:
    """Return what a name may stand for: what it is set to, what a caller here gives, or the module's constant."""
    found: list[ast.expr] = []
    if function is not None:
        for node in ast.walk(function):
            found += _set_by(node, name)
        if not found:
            found = _given(name, module, function)
    if not found and name in module.constants:
        found = [module.constants[name]]
    return found


def _set_by(node: ast.AST, name: str) -> list[ast.expr]:
    match node:
        case ast.NamedExpr(target=ast.Name(id=target), value=value) if target == name:
            return [value]
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            return [value]
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            pairs = zip(targets, values, strict=False)
            return [value for target, value in pairs if isinstance(target, ast.Name) and target.id == name]
    return []


def _given(name: str, module: Module, function: Function) -> list[ast.expr]:
    """Return what the callers in the module give for a parameter."""
    parameters = [argument.arg for argument in function.args.args if argument.arg not in {"self", "cls"}]
    if name not in parameters:
        return []
    at, found = parameters.index(name), []
    for call, _ in module.calls:
        if _name(call.func) == function.name:
            found += call.args[at : at + 1]
            found += [keyword.value for keyword in call.keywords if keyword.arg == name]
    return found


def _name(node: ast.AST) -> str:
    """Return what a node is called: of an f-string's part, a call or a subscript, what it is of."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.FormattedValue(value=value) | ast.Subscript(value=value):
            return _name(value)
        case ast.Call(args=[first, *_]):
            return _name(first)
    return "value"


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _braced(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")
