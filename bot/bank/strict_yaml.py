"""YAML 1.2 read strictly: no key twice, no anchors, no deep nesting; with the line of every value."""

from collections.abc import Iterator
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.bank.problems import Place, Report


def read_yaml(text: str, name: str, first: int, report: Report) -> tuple[object, dict[Place, int]] | None:
    """The value of `text`, which begins on line `first` of its file, and the line of every value in it.

    None, and a report under the field `name`, when it cannot be read.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(StringIO(text))
        if root is None:
            report.add(1, name, "This is empty.")
            return None
        lines: dict[Place, int] = {}
        for place, line, node in _nodes(root, (), root.start_mark.line):
            if node.anchor is not None:
                report.add(first + line, name, "Anchors (&) are not used here.")
                return None
            lines[place] = first + line
        return yaml.constructor.construct_document(root), lines
    except DuplicateKeyError as error:
        report.add(first + _marked_line(error), name, "This key is written twice.")
    except MarkedYAMLError as error:
        reason = str(error.problem or error.context).strip()
        report.add(first + _marked_line(error), name, f"This is not valid YAML: {reason}.")
    except (YAMLError, ValueError, RecursionError):
        report.add(1, name, "There is a value here that cannot be read.")
    return None


def _nodes(node: Node, place: Place, line: int) -> Iterator[tuple[Place, int, Node]]:
    """A node and all inside it; whoever stops at the first anchor never follows an alias in circles."""
    yield place, line, node
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield (*place, "[key]"), key.start_mark.line, key
            name = str(key.value) if isinstance(key, ScalarNode) else "[key]"
            yield from _nodes(value, (*place, name), key.start_mark.line)
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            yield from _nodes(value, (*place, index), value.start_mark.line)


def _marked_line(error: MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line if mark else 0
