"""What a regular expression's parse tree says: a text it cannot match without, and repeats that explode.

Uses the parser of the standard library (``re._parser``), the same that compiles the expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]
_constants: Any = re._constants  # type: ignore[attr-defined]

MIN_UNBOUNDED = 1_000
"""A repeat that may run this often counts as unbounded."""


def required_literals(pattern: str, ignore_case: bool = False) -> tuple[tuple[str, ...], bool]:
    """Texts of which every match of ``pattern`` holds at least one, and whether their case is ignored.

    Empty where there are none: then nothing can be ruled out without running the pattern.
    """
    try:
        tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return (), ignore_case
    ignore_case = ignore_case or bool(tree.state.flags & re.IGNORECASE)
    best = _best_of(tree)
    # Lower-casing and re.IGNORECASE agree on ASCII only (ſ matches s, İ changes length).
    return (() if ignore_case and not all(map(str.isascii, best)) else best), ignore_case


def _best_of(tree: Any) -> tuple[str, ...]:
    """The alternatives that rule out most: the shortest of them is longest, then they are fewest."""
    found: list[tuple[str, ...]] = []
    run = ""
    for operator, argument in [*tree, (None, None)]:
        if operator is _constants.LITERAL:
            run += chr(argument)
            continue
        if operator is _constants.AT:  # an anchor takes no text: the run goes on
            continue
        found += [(run,), _inside(operator, argument)]
        run = ""
    return max(found, key=_usefulness)


def _inside(operator: Any, argument: Any) -> tuple[str, ...]:
    """What every match of one element holds."""
    if operator is _constants.SUBPATTERN and not argument[1] and not argument[2]:
        return _best_of(argument[3])
    if operator in _REPEATS and argument[0] > 0:
        return _best_of(argument[2])
    if operator is _constants.BRANCH:
        branches = [_best_of(branch) for branch in argument[1]]
        return tuple(dict.fromkeys(text for branch in branches for text in branch)) if all(branches) else ()
    return ()


def _usefulness(literals: tuple[str, ...]) -> tuple[int, int]:
    return (min(map(len, literals), default=0), -len(literals))


_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, getattr(_constants, "POSSESSIVE_REPEAT", None))


def nested_repeat(pattern: str) -> bool:
    """Whether an unbounded repeat stands inside another: the form that can take exponential time."""
    return _nested(_parser.parse(pattern), False)


def _nested(tree: Any, inside: bool) -> bool:
    for operator, argument in tree:
        repeats = operator in _REPEATS and argument[1] >= MIN_UNBOUNDED
        if repeats and inside:
            return True
        if any(_nested(part, inside or repeats) for part in _parts(operator, argument)):
            return True
    return False


def _parts(operator: Any, argument: Any) -> list[Any]:
    """The parse trees that stand inside one element of a parse tree."""
    if operator in _REPEATS:
        return [argument[2]]
    if operator is _constants.SUBPATTERN:
        return [argument[3]]
    if operator is _constants.BRANCH:
        return list(argument[1])
    if operator in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [argument[1]]
    return [argument] if operator is getattr(_constants, "ATOMIC_GROUP", None) else []


def sample_pieces(pattern: str) -> list[str]:
    """A text that matches ``pattern`` or nearly so, in pieces: its literal runs and what stands between them."""
    pieces: list[str] = []
    literal = False
    for operator, argument in _parser.parse(pattern):
        piece = "".join(_pieces([(operator, argument)]))
        if literal and operator is _constants.LITERAL:
            pieces[-1] += piece
        elif piece:
            pieces.append(piece)
        literal = operator is _constants.LITERAL
    return pieces


def _pieces(tree: Any) -> Iterator[str]:
    for operator, argument in tree:
        if operator is _constants.LITERAL:
            yield chr(argument)
        elif operator in (_constants.ANY, _constants.NOT_LITERAL):
            yield "a" if argument != ord("a") else "b"
        elif operator is _constants.IN:
            yield _member(argument)
        elif operator in _REPEATS:
            yield "".join(_pieces(argument[2])) * min(max(argument[0], 1), 64)
        elif operator is _constants.SUBPATTERN:
            yield "".join(_pieces(argument[3]))
        elif operator is _constants.BRANCH:
            yield "".join(_pieces(argument[1][0]))


def _member(items: Any) -> str:
    """A character of a class such as ``[^"]`` or ``[0-9a-f]``."""
    negated = items[0][0] is _constants.NEGATE
    spelled = re.compile(_class_text(items))
    for character in 'a0 A-.\n~"<é':
        if spelled.match(character):
            return character
    operator, argument = items[1 if negated else 0]
    return chr(argument[0] if operator is _constants.RANGE else argument)


def _class_text(items: Any) -> str:
    text = ""
    for operator, argument in items:
        if operator is _constants.NEGATE:
            text += "^"
        elif operator is _constants.LITERAL:
            text += re.escape(chr(argument))
        elif operator is _constants.RANGE:
            text += f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
        elif operator is _constants.CATEGORY:
            text += _CATEGORY_TEXT[str(argument).removeprefix("CATEGORY_")]
    return f"[{text}]"


_CATEGORY_TEXT = {
    "DIGIT": r"\d",
    "NOT_DIGIT": r"\D",
    "SPACE": r"\s",
    "NOT_SPACE": r"\S",
    "WORD": r"\w",
    "NOT_WORD": r"\W",
}
