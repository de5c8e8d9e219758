"""No dead names: what a module of bot/ offers is used in bot/ or cogs/, or stands here with its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = {
    path: ast.parse(path.read_text())
    for room in ("bot", "cogs")
    for path in (ROOT / room).rglob("*.py")
    if path.parent.name != "versions"
}
EXPECTED = {
    "bot/bank/drafts.py DRAFTS": "every kind in one table, by which its tests find a kind without one",
    "bot/storage/migrate.py drift": "whether tables and migrations agree; a test asks",
}


def offered(tree: ast.Module) -> Iterator[str]:
    """Public names a module defines. A decorated function was handed to somebody already."""
    for node in tree.body:
        match node:
            case (
                ast.FunctionDef(decorator_list=[]) | ast.AsyncFunctionDef(decorator_list=[]) | ast.ClassDef()
            ):
                yield node.name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def used(tree: ast.Module) -> Iterator[str]:
    """Every name a module reads; importing it to use it or as a string of a type counts, defining it does not."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str(name)):
                yield name


def test_every_public_name_is_used_somewhere() -> None:
    read = {name for tree in MODULES.values() for name in used(tree)}
    dead = {
        f"{path.relative_to(ROOT).as_posix()} {name}"
        for path, tree in MODULES.items()
        if path.parent.name != "cogs"
        for name in offered(tree)
        if not name.startswith("_") and name not in read
    }
    # Both ways: a name that came to life leaves the list.
    assert dead == set(EXPECTED)
