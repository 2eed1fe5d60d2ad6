"""How long things may be, and what each file and public function must say about itself."""

import ast
from collections.abc import Iterator

from .source import Source, Violation

FILE_LINES = 400
CLASS_LINES = 250
FUNCTION_LINES = 60
TEST_FUNCTION_LINES = 40
CONTROLLER_METHOD_LINES = 20
DOORWAY_LINES = 150
POSITIONAL_PARAMETERS = 5
# Rooms whose public functions are annotated in full.
ANNOTATED_ROOMS = {"core", "transports", "gateway"}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def length(node: ast.AST) -> int:
    """Lines from the first to the last, decorators not counted."""
    return node.end_lineno - node.lineno + 1


def length_violations(source: Source) -> Iterator[Violation]:
    """Files, classes and functions stay within their budgets."""
    lines = len(source.text.splitlines())
    limit = DOORWAY_LINES if is_doorway(source) else FILE_LINES
    if lines > limit:
        yield Violation(source.path, 1, f"the file has {lines} lines, more than {limit}")
    for node in source.nodes(ast.ClassDef, *FUNCTIONS):
        limit = _limit(source, node)
        if length(node) > limit:
            yield Violation(source.path, node.lineno, f"{node.name} has {length(node)} lines, more than {limit}")


def _limit(source, node):
    if isinstance(node, ast.ClassDef):
        return CLASS_LINES
    if source.room == "controllers":
        return CONTROLLER_METHOD_LINES
    return TEST_FUNCTION_LINES if source.is_test else FUNCTION_LINES


def is_doorway(source: Source) -> bool:
    """Tell whether the file only extends a model that is not ours."""
    if not source.addon or source.is_test:
        return False
    inherited = [name for node in source.nodes(ast.ClassDef) for name in _class_names(node, "_inherit")]
    named = [name for node in source.nodes(ast.ClassDef) for name in _class_names(node, "_name")]
    foreign = [name for name in inherited if not name.startswith("mes.")]
    return bool(foreign) and not any(name.startswith("mes.") for name in named)


def _class_names(node, attribute):
    for statement in node.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == attribute for target in statement.targets
        ):
            yield from (part.value for part in ast.walk(statement.value) if isinstance(part, ast.Constant))


def parameter_violations(source: Source) -> Iterator[Violation]:
    """Nobody counts to six positional arguments."""
    for node in source.nodes(*FUNCTIONS):
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        counted = len(names) - (names[:1] in (["self"], ["cls"]))
        is_fixture_user = source.is_test and node.name.startswith("test_")
        if counted > POSITIONAL_PARAMETERS and not is_fixture_user:
            yield Violation(source.path, node.lineno, f"{node.name} takes {counted} positional parameters")


def opening_violations(source: Source) -> Iterator[Violation]:
    """Each file opens with a sentence that says what lives in it."""
    if source.path.endswith("__manifest__.py"):
        return
    text = ast.get_docstring(source.tree) or ""
    first = text.partition("\n\n")[0]
    if not first.endswith("."):
        yield Violation(source.path, 1, "the file does not open with a sentence")


def docstring_violations(source: Source) -> Iterator[Violation]:
    """In a core, whatever is public says what it means."""
    if source.room != "core":
        return
    for node, is_public in _definitions(source.tree):
        if is_public and not ast.get_docstring(node):
            yield Violation(source.path, node.lineno, f"{node.name} has no docstring")


def annotation_violations(source: Source) -> Iterator[Violation]:
    """Public functions of the rooms without Odoo are annotated in full."""
    if source.room not in ANNOTATED_ROOMS:
        return
    for node, is_public in _definitions(source.tree):
        if not is_public or isinstance(node, ast.ClassDef):
            continue
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        bare = [each.arg for each in arguments if each.annotation is None and each.arg not in ("self", "cls")]
        if bare or node.returns is None:
            yield Violation(source.path, node.lineno, f"{node.name} is not annotated: {', '.join(bare) or 'return'}")


def _definitions(tree):
    """Functions and classes at the top and methods of classes, each with whether it is public."""
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, *FUNCTIONS)):
            is_public = not node.name.startswith("_")
            yield node, is_public
            if isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, FUNCTIONS):
                        yield member, is_public and not member.name.startswith("_")
