"""No state is spelled as a string outside ``core/states.py``; Odoo's own states are left alone.

A literal counts when it stands where a state stands: compared with or assigned to a state field,
as the value of one in a dictionary, an argument or a search domain, in a selection, or in SQL.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .budgets import _class_names
from .source import Source, Violation

STATES_FILE = "addons/mes_connector/core/states.py"
# Words that are states of Odoo's orders, moves and modules as well as of ours: on a field named
# ``state`` they are ours only where the record is (``self`` in a model of ours, or its own SQL).
ODOO_STATES = {"draft", "waiting", "pending", "confirmed", "done"}
# Fields that hold nothing but values of ours.
OWN_FIELD = re.compile(r"(?:^|_)phase$|^answer_outcome$|^mes_state$")
SQL_STATE = re.compile(r"\b(\w*state|\w*phase)\s*(?:=|<>|!=|\bIN\b)\s*\(?\s*((?:'\w+'\s*,?\s*)+)", re.IGNORECASE)


@dataclass(frozen=True)
class _Place:
    """Where a literal stands: the field, and whether its record is surely ours."""

    field: str
    is_own_record: bool


def literal_violations(source: Source, states: frozenset[str]) -> Iterator[Violation]:
    """State literals of one file; ``states`` are all values of our enums."""
    if not source.addon or source.is_test or source.path == STATES_FILE or source.room == "migrations":
        return
    for scope, is_own_model in _scopes(source.tree):
        for place, node in _places(scope, is_own_model):
            for value in _texts(node):
                if _is_state(place, value, states):
                    yield Violation(source.path, node.lineno, f"the state {value!r} belongs to core/states.py")


def _scopes(tree):
    """The top statements of a file, each with whether it is a class that declares a model of ours."""
    for node in tree.body:
        names = list(_class_names(node, "_name")) if isinstance(node, ast.ClassDef) else []
        yield node, any(name.startswith("mes.") for name in names)


def _is_state(place, value, states):
    if value not in states or not (OWN_FIELD.search(place.field) or place.field.endswith("state")):
        return False
    return bool(OWN_FIELD.search(place.field)) or place.is_own_record or value not in ODOO_STATES


def _places(scope, is_own_model):
    for node in ast.walk(scope):
        if isinstance(node, ast.Compare):
            yield from _compared([node.left, *node.comparators], is_own_model)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            yield from _assigned(node, is_own_model)
        elif isinstance(node, ast.Dict):
            yield from ((_Place(_text(key), False), value) for key, value in zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.keyword) and node.arg:
            yield _Place(node.arg, False), node.value
        elif isinstance(node, (ast.Tuple, ast.Call)):
            yield from _domain_leaf(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _sql(node, is_own_model)


def _compared(operands, is_own_model):
    fields = [(name, is_own_model and _is_self(operand)) for operand in operands if (name := _field(operand))]
    for name, is_own in fields:
        yield from ((_Place(name, is_own), operand) for operand in operands if not _field(operand))


def _assigned(node, is_own_model):
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        name = _field(target)
        if isinstance(node.value, ast.Call):
            for part in (*node.value.args, *node.value.keywords):
                yield _Place(name, is_own_model), getattr(part, "value", part)
        else:
            yield _Place(name, is_own_model and _is_self(target)), node.value


def _domain_leaf(node):
    parts = node.elts if isinstance(node, ast.Tuple) else node.args
    if len(parts) == 3 and _text(parts[1]) in ("=", "!=", "in", "not in"):
        yield _Place(_text(parts[0]).rpartition(".")[2], False), parts[2]


def _sql(node, is_own_model):
    for field, values in SQL_STATE.findall(node.value):
        for value in re.findall(r"\w+", values):
            yield _Place(field.lower(), is_own_model), ast.copy_location(ast.Constant(value), node)


def _field(node):
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return _text(node.slice) if isinstance(node, ast.Subscript) else ""


def _is_self(node):
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _texts(node):
    """The string constants a literal is made of, through lists, tuples, sets and pairs."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        for item in node.elts:
            yield from _texts(item)
    elif text := _text(node):
        yield text
