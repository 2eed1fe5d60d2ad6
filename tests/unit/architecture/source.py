"""One Python file of the tree, parsed, with the place it has in the layout; holds no rule."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[3]
TOP_FOLDERS = ("addons", "benchmarks", "bootstrap", "edge", "simulator", "tests", "tools")


@dataclass(frozen=True)
class Source:
    """A file by its path below the root of the repository, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts

    @property
    def addon(self) -> str:
        """The addon the file belongs to, empty outside addons/."""
        return self.parts[1] if self.parts[0] == "addons" and len(self.parts) > 2 else ""

    @property
    def room(self) -> str:
        """The folder inside the addon, empty at its root."""
        return self.parts[2] if self.addon and len(self.parts) > 3 else ""

    @property
    def is_test(self) -> bool:
        return self.room == "tests" or self.parts[0] == "tests"

    @property
    def module(self) -> tuple[str, ...]:
        """The dotted name of the file, as parts."""
        parts = (*self.parts[:-1], PurePosixPath(self.path).stem)
        return parts[:-1] if parts[-1] == "__init__" else parts

    @cached_property
    def _all_nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    def nodes(self, *kinds: type) -> Iterator[ast.AST]:
        return (node for node in self._all_nodes if isinstance(node, kinds))

    def imports(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Line and absolute name of each import, relative ones resolved from the file's place."""
        package = self.module if self.path.endswith("__init__.py") else self.module[:-1]
        for node in self.nodes(ast.Import, ast.ImportFrom):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, tuple(alias.name.split("."))) for alias in node.names)
                continue
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple((node.module or "").split(".")) if node.module else ()
            yield from ((node.lineno, (*base, alias.name)) for alias in node.names)


@dataclass(frozen=True)
class Violation:
    """One broken rule."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def python_files(root: Path) -> Iterator[Source]:
    """Every Python file of ours below the root, in order."""
    for top in TOP_FOLDERS:
        for path in sorted((root / top).rglob("*.py")):
            relative = path.relative_to(root)
            if not any(part.startswith((".", "__pycache__")) for part in relative.parts):
                yield Source(relative.as_posix(), path.read_text(encoding="utf-8"))
