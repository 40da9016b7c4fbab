"""Reads YAML and remembers the line of every value, so that a mistake can be shown where it was made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

# What a Korean keyboard or an office program writes in place of the letters that YAML knows.
_LOOKALIKES = dict(zip("：，［］｛｝“”‘’\u3000\u00a0", (*":,[]{}\"\"''", "a blank", "a blank"), strict=True))
# YAML reads 0177 as 127, 0x10 as 16, 1_0 as 10 and 1:30 as 90.
_OTHER_NUMBER = re.compile(r"[-+]?(?:0[0-9xb][0-9a-fA-F_]*|[0-9]+_[0-9_.]*|[0-9_]+(?::[0-9._]+)+)")
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
Location = tuple[str | int, ...]
# A file has some hundreds of values, four or five levels deep; a few lines of aliases to aliases stand for millions.
MOST_LEVELS, MOST_VALUES = 50, 20_000


class YamlMistake(ValueError):
    """A YAML file that cannot be used; the message is a list of sentences for the person who wrote it."""


class Lines:
    """The line of every key and list entry of one document, by its path such as `("budget", "max_rps")`."""

    def __init__(self) -> None:
        self._lines: dict[Location, int] = {(): 1}

    def note(self, location: Location, line: int) -> None:
        self._lines[location] = line

    def __len__(self) -> int:
        return len(self._lines)

    def of(self, location: Location) -> int:
        """The line of the value, or of the nearest thing around it that exists (a missing field has no line)."""
        while location not in self._lines:
            location = location[:-1]
        return self._lines[location]


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """The document and its lines. Raises `YamlMistake` where it is not YAML or says a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise YamlMistake(f"{path}, line {line}: byte {error.start} is not UTF-8: save the file as UTF-8.") from error
    except yaml.YAMLError as error:
        raise YamlMistake(_syntax(path, error, text)) from error
    except RecursionError as error:
        raise YamlMistake(f"{path}: brackets stand inside each other hundreds of times.") from error
    lines = Lines()
    if node is None:
        return None, lines
    _walk(path, node, (), lines)
    return _construct(path, node), lines


def _construct(path: Path, node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        raise YamlMistake(_syntax(path, error)) from error
    finally:
        loader.dispose()


def _syntax(path: Path, error: Exception, text: str = "") -> str:
    # A name without its colon, or a bracket or quote that nothing closes, is noticed on a later line only.
    context = getattr(error, "context", "") or ""
    begins_there = any(word in context for word in ("simple key", "flow", "quoted"))
    mark = (begins_there and getattr(error, "context_mark", None)) or getattr(error, "problem_mark", None)
    where = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
    if isinstance(error, yaml.reader.ReaderError):
        where = f"{path}, line {text[: error.position].count(chr(10)) + 1}"
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    line = (text.splitlines()[mark.line : mark.line + 1] or text.splitlines()[-1:]) if mark else []
    return f"{where}: this is not YAML: {problem}.{_hint(problem, ''.join(line))}"


def _hint(problem: str, line: str) -> str:
    """What was probably meant, for the usual slips."""
    for letter in line:
        if letter in _LOOKALIKES:
            return f" The line has '{letter}' in the place of {_LOOKALIKES[letter]}."
    if " #" in line and ("expected ','" in problem or "node content" in problem):
        return " A '#' behind a blank begins a remark: put the text into quotes."
    if "expected ','" in problem or "end of stream" in problem:
        return " Is each bracket and quote closed, a comma between the values, and a text with brackets, '?' or ': ' in quotes?"
    if "escape" in problem:
        return " Put the text into single quotes, in which a backslash is a backslash."
    if "\\t" in problem:
        return " Indent with blanks, not with tabs."
    if "alias" in problem or "cannot start" in problem or "alphabetic" in problem:
        return " Put the text into quotes."
    if "expected ':'" in problem:
        return " A line is 'name: value', with a blank behind the colon."
    if "mapping values" in problem or "block" in problem:
        return " Is it indented like its neighbours?"
    return ""


def _walk(path: Path, node: yaml.Node, location: Location, lines: Lines, around: tuple[yaml.Node, ...] = ()) -> None:
    if node in around:
        raise YamlMistake(f"{path}, line {node.start_mark.line + 1}: this value refers to itself.")
    lines.note(location, node.start_mark.line + 1)
    if len(location) > MOST_LEVELS or len(lines) > MOST_VALUES:
        raise YamlMistake(
            f"{path}, line {node.start_mark.line + 1}: more values than a supplier's file has, inside each other or by '*'."
        )
    if node.tag in _NUMBERS and _OTHER_NUMBER.fullmatch(node.value):
        where = f"{path}, line {node.start_mark.line + 1}"
        raise YamlMistake(f"{where}: YAML reads {node.value} as another number: write it in plain digits.")
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            _check_key(path, key, seen)
            _walk(path, value, (*location, key.value), lines, (*around, node))
            lines.note((*location, key.value), key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(path, value, (*location, index), lines, (*around, node))


def _check_key(path: Path, key: yaml.Node, seen: set[str]) -> None:
    where = f"{path}, line {key.start_mark.line + 1}"
    if isinstance(key, yaml.ScalarNode) and key.tag in _NUMBERS:
        said = f"{where}: what stands before ':' must be the name of a field, and {key.value} is a number"
        raise YamlMistake(f"{said}: a decimal is written with a point, such as 0.5.")
    if not isinstance(key, yaml.ScalarNode) or key.tag not in _KEYS:
        raise YamlMistake(f"{where}: what stands before ':' must be the name of a field.")
    if key.value in seen:
        raise YamlMistake(f"{where}: '{key.value}' is written twice: keep one of them.")
    seen.add(key.value)
