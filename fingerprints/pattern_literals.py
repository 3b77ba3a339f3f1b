"""What a regular expression's parse tree says: a text it cannot match without, and repeats that explode.

Uses the parser of the standard library (``re._parser``), the same that compiles the expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]
_constants: Any = re._constants  # type: ignore[attr-defined]

MIN_UNBOUNDED = 1_000
"""A repeat that may run this often counts as unbounded."""


def required_literals(pattern: str, ignore_case: bool = False) -> tuple[tuple[str, ...], bool]:
    """Texts of which every match of ``pattern`` holds at least one, and whether their case is ignored.

    Empty where there are none: then nothing can be ruled out without running the pattern.
    """
    choices, ignore_case = literal_choices(pattern, ignore_case)
    return max(choices, key=_usefulness, default=()), ignore_case


def literal_choices(pattern: str, ignore_case: bool = False) -> tuple[list[tuple[str, ...]], bool]:
    """All that ``required_literals`` chooses from: every match holds at least one text of each."""
    try:
        tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return [], ignore_case
    ignore_case = ignore_case or bool(tree.state.flags & re.IGNORECASE)
    # Lower-casing and re.IGNORECASE agree on ASCII only (ſ matches s, İ changes length).
    return [c for c in _choices(tree) if all(c) and (not ignore_case or all(map(str.isascii, c)))], ignore_case


def _best_of(tree: Any) -> tuple[str, ...]:
    """The alternatives that rule out most: the shortest of them is longest, then they are fewest."""
    return max(_choices(tree), key=_usefulness)


def _choices(tree: Any) -> list[tuple[str, ...]]:
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
    return found


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


def required_prefixes(pattern: str, ignore_case: bool = False) -> tuple[tuple[str, ...], bool]:
    """Texts of which one stands at the very start of whatever ``pattern`` matches, and whether case is ignored.

    Empty where the pattern is not tied to the start of the text, or says nothing about how it starts.
    """
    try:
        tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return (), ignore_case
    ignore_case = ignore_case or bool(tree.state.flags & re.IGNORECASE)
    found = _starts(tree, multiline=bool(tree.state.flags & re.MULTILINE))
    useless = not all(found) or (ignore_case and not all(map(str.isascii, found)))
    return (() if useless else tuple(dict.fromkeys(found))), ignore_case


def _starts(tree: Any, *, multiline: bool) -> list[str]:
    """How a text may start that matches ``tree``; empty where the match may begin anywhere in it."""
    elements = list(tree)
    if not elements:
        return []
    operator, argument = elements[0]
    if operator is _constants.AT:
        at_start = argument is _constants.AT_BEGINNING_STRING
        at_start = at_start or (argument is _constants.AT_BEGINNING and not multiline)
        return [text for text, _ in _leading_texts(elements[1:])] if at_start else []
    if operator is _constants.SUBPATTERN and not argument[1] and not argument[2]:
        return _starts(argument[3], multiline=multiline)
    if operator is _constants.BRANCH:
        branches = [_starts(branch, multiline=multiline) for branch in argument[1]]
        return [text for branch in branches for text in branch] if all(branches) else []
    return []


def _leading_texts(elements: Iterable[Any]) -> list[tuple[str, bool]]:
    """The literal texts that a sequence may start with, each with whether what follows stands right behind it."""
    texts = [("", True)]
    for operator, argument in elements:
        ways = _ways(operator, argument)
        longer = [(text + way, open_) for text, goes_on in texts if goes_on for way, open_ in ways]
        ended = [(text, False) for text, goes_on in texts if not goes_on]
        if not longer:
            break
        if len(longer) + len(ended) > _MAX_STARTS:
            return [(text, False) for text, _ in texts]
        texts = longer + ended
    return texts


def _ways(operator: Any, argument: Any) -> list[tuple[str, bool]]:
    """How one element may start; an empty text that is not open where nothing can be said."""
    if operator is _constants.LITERAL:
        return [(chr(argument), True)]
    if operator is _constants.IN and all(item[0] is _constants.LITERAL for item in argument):
        return [(chr(code), True) for _, code in argument]
    if operator is _constants.SUBPATTERN and not argument[1] and not argument[2]:
        return _leading_texts(argument[3])
    if operator is _constants.BRANCH:
        return [way for branch in argument[1] for way in _leading_texts(branch)]
    if operator in _REPEATS:
        least, most, repeated = argument
        once = [(text, open_ and most == 1) for text, open_ in _leading_texts(repeated)]
        return once if least else [("", True), *once]
    return [("", False)]


_MAX_STARTS = 64
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
