"""The one canonical layout of a file of entries: order of keys, quoting, line breaks. Comments between entries stay.

``canonical_text`` rewrites entry by entry and changes no meaning; what it cannot rewrite safely it leaves and tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import yaml

from fingerprints.database_loader import DatabaseYaml

WIDTH = 124
ENTRY_KEYS = (
    "id description family weight match means source since until note examples not".split()  # in reading order
)
_ORDER = {
    "match": (),
    "means": ("manufacturer makers brand class class_weight model firmware firmware_date serial mac tag".split()),
    "source": "text url seen mark".split(),
    "example": "fields expect note".split(),
    "look-alike": "what fields".split(),
}
_CONDITION_FIRST = ("field",)
_CONDITION_LAST = ("ignore_case",)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.()/+-]*(?: [A-Za-z0-9_.()/+;'-]+)*")
"""Words that may stand without quotes, if YAML then reads them as the same text."""


class Layout(NamedTuple):
    """A file in canonical layout: its text, the ids of entries that moved, and reasons why some were left."""

    text: str
    changed: tuple[str, ...]
    left: tuple[str, ...]


def canonical_text(text: str) -> Layout:
    """``text`` in canonical layout. Raises ``yaml.YAMLError`` where it is no YAML."""
    root = yaml.compose(text, Loader=DatabaseYaml)
    entries = _entries_node(root)
    if entries is None or not entries.value or entries.flow_style:
        return Layout(text, (), ())
    pieces, changed, left = [], [], []
    kept_to = 0
    for node in entries.value:
        start = text.rfind("\n", 0, node.start_mark.index) + 1
        end = _end_of(text, node)
        source = text[start:end]
        name = _id_of(node)
        written = _rewritten(source)
        if isinstance(written, _Left):
            left.append(f"{name}: {written.reason}")
            continue
        if written != source:
            changed.append(name)
        pieces += [text[kept_to:start], written]
        kept_to = end
    return Layout("".join([*pieces, text[kept_to:]]), tuple(changed), tuple(left))


class _Left(NamedTuple):
    reason: str


def _entries_node(root: yaml.Node | None) -> yaml.SequenceNode | None:
    if not isinstance(root, yaml.MappingNode):
        return None
    return next(
        (value for key, value in root.value if key.value == "entries" and isinstance(value, yaml.SequenceNode)),
        None,
    )


def _id_of(node: yaml.Node) -> str:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next(
        (str(value.value) for key, value in pairs if key.value == "id"), f"line {node.start_mark.line + 1}"
    )


def _end_of(text: str, node: yaml.Node) -> int:
    """Where the entry's own lines end: blank lines and comments after it belong to what follows."""
    end: int = node.end_mark.index
    lines = text[:end].split("\n")
    if text[end - 1 : end] != "\n":  # a flow mapping, or the end of the file
        rest = text.find("\n", end)
        return len(text) if rest < 0 else rest + 1
    lines.pop()
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return len("\n".join(lines)) + 1


def _rewritten(source: str) -> str | _Left:
    try:
        loaded = yaml.load(source, Loader=DatabaseYaml)  # noqa: S506 - a safe loader
        tokens = list(yaml.scan(source, Loader=DatabaseYaml))
    except yaml.YAMLError:
        return _Left("cannot be read by itself (it uses an anchor of another entry): write it out")
    if not (isinstance(loaded, list) and len(loaded) == 1 and isinstance(loaded[0], dict)):
        return _Left("is not a mapping")
    if any(isinstance(token, (yaml.AnchorToken, yaml.AliasToken)) for token in tokens):
        return _Left("uses an anchor: write it out")
    if _has_comment(source, tokens):
        return _Left("has a comment inside: move it above the entry, or into note")
    written = entry_text(loaded[0])
    if yaml.load(written, Loader=DatabaseYaml) != loaded:  # noqa: S506 - a safe loader
        return _Left("cannot be written in the canonical layout without a change of meaning")
    return written


def _has_comment(source: str, tokens: Iterable[yaml.Token]) -> bool:
    spans = [(t.start_mark.index, t.end_mark.index) for t in tokens if isinstance(t, yaml.ScalarToken)]
    outside, kept_to = [], 0
    for start, end in spans:
        outside.append(source[kept_to:start])
        kept_to = max(kept_to, end)
    return "#" in "".join([*outside, source[kept_to:]])


def entry_text(entry: Mapping[str, Any]) -> str:
    """One entry in canonical layout, ending in a newline."""
    lines = []
    for key in _ordered(entry, ENTRY_KEYS):
        value = entry[key]
        if key == "match" and isinstance(value, list):
            lines += ["match:", *(line for one in value for line in _item(one, _condition_keys, quoted=True))]
        elif key in ("examples", "not") and isinstance(value, list):
            keys = _ORDER["example" if key == "examples" else "look-alike"]
            lines += [f"{key}:", *(line for one in value for line in _example(one, keys))]
        elif isinstance(value, dict):
            lines += _mapping(key, value, _ordered(value, _ORDER.get(key, ())), quoted=key == "source")
        else:
            lines.append(f"{key}: {_sentence(value)}")
    return "".join(f"{'- ' if number == 0 else '  '}{line}\n" for number, line in enumerate(lines))


def _ordered(mapping: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    known = [key for key in keys if key in mapping]
    return known + [key for key in mapping if key not in known]


def _condition_keys(condition: Mapping[str, Any]) -> list[str]:
    middle = [key for key in condition if key not in (*_CONDITION_FIRST, *_CONDITION_LAST)]
    return _ordered(condition, [*_CONDITION_FIRST, *middle, *_CONDITION_LAST])


def _item(value: Any, keys_of: Any, *, quoted: bool) -> list[str]:
    if not isinstance(value, dict):
        return [f"- {_flow(value, quoted=quoted)}"]
    keys = keys_of(value)
    flow = _flow_mapping(value, keys, quoted=quoted)
    if len(flow) + 4 <= WIDTH:
        return [f"- {flow}"]
    lines = [line for key in keys for line in _pair(key, value[key], quoted=quoted)]
    return [f"{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(lines)]


def _example(value: Any, order: Iterable[str]) -> list[str]:
    if not isinstance(value, dict):
        return [f"- {_flow(value, quoted=False)}"]
    lines = []
    for key in _ordered(value, order):
        inner = value[key]
        if isinstance(inner, dict):
            lines += _mapping(key, inner, list(inner), quoted=key == "fields")
        else:
            lines.append(f"{key}: {_sentence(inner)}")
    return [f"{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(lines)]


def _mapping(key: str, value: Mapping[str, Any], keys: list[str], *, quoted: bool) -> list[str]:
    flow = f"{key}: {_flow_mapping(value, keys, quoted=quoted)}"
    if len(flow) + 4 <= WIDTH:
        return [flow]
    return [f"{key}:", *(f"  {line}" for inner in keys for line in _pair(inner, value[inner], quoted=quoted))]


def _pair(key: str, value: Any, *, quoted: bool) -> list[str]:
    if isinstance(value, list) and len(_flow(value, quoted=quoted)) + len(key) + 8 > WIDTH:
        return [f"{key}: [", *_filled(value, quoted=quoted), "]"]
    return [f"{_scalar(key, quoted=False)}: {_flow(value, quoted=quoted and key not in _WORDS)}"]


def _filled(values: Iterable[Any], *, quoted: bool) -> list[str]:
    """The items of a long list, as many a line as fit."""
    lines: list[str] = []
    for value in values:
        item = f"{_flow(value, quoted=quoted)},"
        if lines and len(lines[-1]) + len(item) + 9 <= WIDTH:
            lines[-1] += f" {item}"
        else:
            lines.append(f"  {item}")
    return lines


def _flow(value: Any, *, quoted: bool) -> str:
    if isinstance(value, dict):
        return _flow_mapping(value, list(value), quoted=quoted)
    if isinstance(value, list):
        return f"[{', '.join(_flow(item, quoted=quoted) for item in value)}]"
    return _scalar(value, quoted=quoted)


def _flow_mapping(value: Mapping[str, Any], keys: Iterable[str], *, quoted: bool) -> str:
    pairs = (
        f"{_scalar(key, quoted=False)}: {_flow(value[key], quoted=quoted and key not in _WORDS)}" for key in keys
    )
    return f"{{{', '.join(pairs)}}}"


_WORDS = frozenset({"field", "mark", "seen"})
"""Keys whose values are words of ours, also among texts of devices."""


def _sentence(value: Any) -> str:
    """A text on a line of its own, where YAML takes more without quotes than between braces."""
    if isinstance(value, str) and value[:1].isalpha() and value.isprintable():
        line = f"k: {value}"
        try:
            if ": " not in value and yaml.load(line, Loader=DatabaseYaml) == {"k": value}:  # noqa: S506
                return value
        except yaml.YAMLError:
            pass
    return _scalar(value, quoted=False)


def _scalar(value: Any, *, quoted: bool) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) and not quoted:
        return value
    if not quoted and _PLAIN.fullmatch(value) and isinstance(yaml.load(value, Loader=DatabaseYaml), str):  # noqa: S506
        return value
    return _double_quoted(value)


def _double_quoted(value: str) -> str:
    """In double quotes, with what is invisible written as an escape that YAML and JSON share."""
    return "".join(
        char if char.isprintable() else json.dumps(char)[1:-1] for char in json.dumps(value, ensure_ascii=False)
    )
