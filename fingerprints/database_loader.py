"""Reads ``fingerprints/database/`` into one immutable ``Database``, and says what is wrong with it.

Nothing of the YAML reaches the rest of the program unchecked: each entry is converted to its typed form
(``fingerprints.schema``) and its words are looked up in the closed vocabularies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec
import yaml

from fingerprints import schema
from fingerprints.calibration import calibration_problem, published
from fingerprints.database_cache import StoredDatabase, add_file, store_database, stored_database
from fingerprints.match_index import MatchIndex, build_match_index
from fingerprints.schema import (
    Brand,
    CalibrationPoint,
    Capture,
    ClassWord,
    Defaults,
    Entry,
    Family,
    Manufacturer,
    Means,
    ModelRule,
    Problem,
    TagWord,
    did_you_mean,
)

DATABASE_FOLDER = Path(__file__).parent / "database"
_SAFE_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_ENTRIES = ("vocabulary.yaml", "manufacturers.yaml", "brands.yaml")
_CALIBRATION = "calibration.yaml"
_LEGAL_FORMS = frozenset(
    {"ab", "ag", "bv", "co", "company", "corp", "corporation", "gmbh", "inc"}
    | {"kg", "limited", "llc", "ltd", "sa", "spa", "srl"}
)

T = TypeVar("T")


class DatabaseYaml(_SAFE_LOADER):  # type: ignore[misc]
    """Safe YAML in which a date stays text: dates are checked where one is due, and kept where not."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in _SAFE_LOADER.yaml_implicit_resolvers.items()
    }


class DatabaseError(ValueError):
    """The database cannot be used. ``problems`` names each file, entry and reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, eq=False, kw_only=True)
class Database:
    """The whole fingerprint database, checked. ``sha256`` is over the names and bytes of its files."""

    entries: tuple[Entry, ...] = ()
    families: Mapping[str, Family] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    manufacturers: Mapping[str, Manufacturer] = field(default_factory=dict)
    brands: Mapping[str, Brand] = field(default_factory=dict)
    models: tuple[ModelRule, ...] = ()
    model_files: tuple[str, ...] = ()
    """The file of each of ``models``."""
    requested: tuple[str, ...] = ()
    """Paths that coverscan's probes ask for, which a page may repeat."""
    calibration: tuple[CalibrationPoint, ...] = ()
    """From combined weights to published confidence; empty: they are the same."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The file of each entry, by the entry's id."""
    sha256: str = ""
    _names: Mapping[str, str] = field(default_factory=dict, repr=False)
    _labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    _index: MatchIndex | None = field(default=None, repr=False)

    def published(self, combined: float) -> float:
        """The confidence to publish for what weights combine to (0 to 1)."""
        return published(combined, self.calibration)

    @cached_property
    def match_index(self) -> MatchIndex:
        """Where the matcher looks for each entry."""
        return self._index or build_match_index(self.entries)

    def manufacturer_name(self, text: str) -> str | None:
        """The manufacturer's short trade name for one of its spellings; None where it is not known."""
        return _look_up(self._names, text)

    def brand_name(self, text: str) -> str | None:
        """The brand for one of its spellings (a manufacturer's own name is a brand too); None if unknown."""
        return _look_up(self._labels, text) or _look_up(self._names, text)

    @cached_property
    def model_rules(self) -> Mapping[tuple[str, str], tuple[ModelRule, ...]]:
        """The model grammars by ("manufacturer", name) or ("brand", name), in the order of their files."""
        rules: dict[tuple[str, str], tuple[ModelRule, ...]] = {}
        for rule in self.models:
            owner = ("brand", rule.brand) if rule.brand else ("manufacturer", rule.manufacturer or "")
            rules[owner] = (*rules.get(owner, ()), rule)
        return rules

    def family_order(self, family: str) -> int:
        """The family's place in the vocabulary: details of a lower one are preferred."""
        return self._order.get(family, len(self._order))

    @cached_property
    def _order(self) -> Mapping[str, int]:
        return {family: place for place, family in enumerate(self.families)}

    def group(self, family: str) -> str:
        """The group of families that counts once together; an unknown family stands alone."""
        known = self.families.get(family)
        return known.group if known else family


def name_key(text: str) -> str:
    """A name without case, blanks and punctuation: what two spellings of it have in common."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _look_up(names: Mapping[str, str], text: str) -> str | None:
    found = names.get(name_key(text))
    if found is not None or len(text) > 128:
        return found
    words = text.casefold().replace(",", " ").replace(".", " ").split()
    while words and words[-1] in _LEGAL_FORMS:
        words.pop()
    return names.get(name_key("".join(words))) if words else None


def load_database(path: Path | None = None) -> Database:
    """The database in the folder ``path`` (the one that coverscan ships where none is given).

    Read once per process and folder; from the user's cache where the files are those that it was made from.
    Raises ``DatabaseError`` with every problem found.
    """
    return _load(path or DATABASE_FOLDER)


@lru_cache(maxsize=8)
def _load(path: Path) -> Database:
    stored = stored_database(path)
    if stored is not None:
        parts = {name: getattr(stored, name) for name in StoredDatabase.__struct_fields__}
        return Database(**{_KEPT_AS.get(name, name): part for name, part in parts.items()})
    database, problems = read_database(path)
    if problems:
        raise DatabaseError(problems)
    database = replace(database, _index=database.match_index)
    names = {name: _KEPT_AS.get(name, name) for name in StoredDatabase.__struct_fields__}
    store_database(StoredDatabase(**{name: getattr(database, own) for name, own in names.items()}))
    return database


_KEPT_AS = {"names": "_names", "labels": "_labels", "index": "_index"}
"""Parts of a database that the cache keeps under another name."""


def read_database(path: Path, extra: Iterable[Path] = ()) -> tuple[Database, list[Problem]]:
    """Like ``load_database``, but what cannot be used is left out and told, not raised.

    ``extra`` are further files of entries, read as if they lay in the folder.
    """
    return _Reading(path, extra).database()


class _Reading:
    """One pass over the files: collects what is usable and what is wrong."""

    def __init__(self, folder: Path, extra: Iterable[Path]) -> None:
        self.problems: list[Problem] = []
        self.digest = hashlib.sha256()
        self.folder = folder
        found = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
        known = {path.resolve() for path in found}
        self.paths = found + [path for path in extra if path.resolve() not in known]

    def database(self) -> tuple[Database, list[Problem]]:
        """The usable part of the database, and the problems."""
        if not self.folder.is_dir():
            self.problems.append(Problem(str(self.folder), "", "no such folder"))
        documents = {path: self._document(path) for path in self.paths}
        self.known = self._words({path.name: document for path, document in documents.items()})
        entries: dict[str, Entry] = {}
        files: dict[str, str] = {}
        for path, document in documents.items():
            for entry in self._entries(path, document) if path.name not in (*_NOT_ENTRIES, _CALIBRATION) else ():
                if entry.id in entries:
                    reason = f"the id is already used in {files[entry.id]}"
                    self.problems.append(Problem(path.name, entry.id, reason))
                    continue
                entries[entry.id] = entry
                files[entry.id] = path.name
        models = self._models()
        database = replace(
            self.known,
            entries=tuple(entries.values()),
            models=tuple(models),
            model_files=tuple(models.values()),
            calibration=self._calibration(documents),
            files=files,
            sha256=self.digest.hexdigest(),
        )
        return database, self.problems

    def _words(self, documents: Mapping[str, Any]) -> Database:
        """The closed vocabularies: families, classes, tags, manufacturers and brands."""
        words, makers_file, brands_file = _NOT_ENTRIES
        vocabulary = documents.get(words, {})
        families = self._listed(words, vocabulary, "families", Family, "family")
        classes = self._listed(words, vocabulary, "classes", ClassWord, "class")
        tags = self._listed(words, vocabulary, "tags", TagWord, "tag")
        listed = documents.get(makers_file)
        makers = self._listed(makers_file, listed, "manufacturers", Manufacturer, "manufacturer")
        brands = self._listed(brands_file, documents.get(brands_file), "brands", Brand, "brand")
        self.known = Database(
            families={item.family: item for item in families},
            classes=tuple(item.class_ for item in classes),
            tags=tuple(item.tag for item in tags),
            requested=self._requested(words, vocabulary),
            manufacturers={item.manufacturer: item for item in makers},
            brands={item.brand: item for item in brands},
            _names=self._spellings(makers_file, {item.manufacturer: item.aliases for item in makers}),
            _labels=self._spellings(brands_file, {item.brand: item.aliases for item in brands}),
        )
        for brand in brands:
            for relation in brand.relations:
                reason = self._name_reason("maker", relation.maker)
                if reason:
                    self.problems.append(Problem(brands_file, brand.brand, reason))
        return self.known

    def _calibration(self, documents: Mapping[Path, Any]) -> tuple[CalibrationPoint, ...]:
        """The table from combined weights to published confidence; none where there is no such file."""
        document = documents.get(self.folder / _CALIBRATION)
        points = tuple(self._listed(_CALIBRATION, document, "calibration", CalibrationPoint, "combined"))
        reason = calibration_problem(points)
        if reason:
            self.problems.append(Problem(_CALIBRATION, "", reason))
        return () if reason else points

    def _document(self, path: Path) -> Any:
        name = path.name
        try:
            content = path.read_bytes()
            add_file(self.digest, path, content)
            return yaml.load(content.decode("utf-8"), Loader=DatabaseYaml)  # noqa: S506 - a safe loader
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
            self.problems.append(Problem(name, "", f"cannot be read as YAML: {error}"))
            return None
        except RecursionError:
            self.problems.append(Problem(name, "", "cannot be read as YAML: nested too deeply"))
            return None

    def _listed(self, file: str, document: Any, key: str, form: type[T], name: str) -> list[T]:
        """The items of the list ``key`` of a file, each in its typed form; the bad ones are told."""
        if document is None:
            return []
        if not isinstance(document, dict) or not isinstance(document.get(key), list):
            self.problems.append(Problem(file, "", f"needs a list {key!r}"))
            return []
        items = []
        for position, raw in enumerate(document[key], 1):
            label = raw.get(name) if isinstance(raw, dict) else None
            label = label if isinstance(label, str) else f"{key} item {position}"
            item = self._typed(file, label, raw, form)
            if item is not None:
                items.append(item)
        return items

    def _requested(self, file: str, document: Any) -> tuple[str, ...]:
        paths = document.get("requested", []) if isinstance(document, dict) else []
        return self._typed(file, "requested", paths, tuple[str, ...]) or ()

    def _typed(self, file: str, label: str, raw: Any, form: type[T]) -> T | None:
        try:
            return msgspec.convert(raw, form)
        except msgspec.ValidationError as error:
            self.problems.append(Problem(file, label, _reason(error, raw, form)))
            return None

    def _entries(self, path: Path, document: Any) -> list[Entry]:
        if not isinstance(document, dict):
            if document is not None:
                self.problems.append(Problem(path.name, "", "needs a list 'entries'"))
            return []
        for key in sorted(document.keys() - {"defaults", "entries"}, key=str):
            reason = f"no such part: {key}{did_you_mean(str(key), ['entries', 'defaults'])}"
            self.problems.append(Problem(path.name, "", reason))
        defaults = self._typed(path.name, "defaults", document.get("defaults") or {}, Defaults) or Defaults()
        usable = []
        for entry in self._listed(path.name, document, "entries", Entry, "id"):
            resolved = msgspec.structs.replace(entry, means=_with_defaults(entry.means, defaults))
            reasons = schema.entry_problems(resolved, path.stem) or self._unknown_words(resolved)
            self.problems += [Problem(path.name, entry.id, reason) for reason in reasons]
            if not reasons:
                usable.append(resolved)
        return usable

    def _unknown_words(self, entry: Entry) -> list[str]:
        """Words of the entry that are in none of the closed vocabularies."""
        known = self.known
        reasons = [_unknown("family", entry.family, known.families)]
        reasons += [self._name_reason("makers", maker) for maker in entry.means.makers]
        for key, value in entry.means.values().items():
            constants = [value] if isinstance(value, str) else list((value.map or {}).values())
            for constant in constants:
                if key == "manufacturer":
                    reasons.append(self._name_reason(key, constant))
                elif key == "brand" and known.manufacturers:
                    reasons.append(_unknown(key, constant, [*known.brands, *known.manufacturers]))
                elif key == "class":
                    reasons.append(_unknown(key, constant, known.classes))
                elif key == "tag":
                    reasons.append(_unknown(key, constant, known.tags))
        return [reason for reason in reasons if reason]

    def _name_reason(self, key: str, name: str) -> str:
        canonical = self.known.manufacturer_name(name)
        if canonical not in (None, name):
            return f"{key}: {name!r} is another spelling of {canonical!r}; write that"
        return _unknown(key, name, self.known.manufacturers) if self.known.manufacturers else ""

    def _models(self) -> dict[ModelRule, str]:
        """The usable model rules, each with its file, in the order of the files."""
        rules: dict[ModelRule, str] = {}
        for path in sorted((self.folder / "models").glob("*.yaml")):
            name = f"models/{path.name}"
            for rule in self._listed(name, self._document(path), "models", ModelRule, "matches"):
                reason = self._model_reason(rule)
                if reason:
                    self.problems.append(Problem(name, rule.matches, reason))
                else:
                    rules[rule] = name
        return rules

    def _model_reason(self, rule: ModelRule) -> str:
        if (rule.manufacturer is None) == (rule.brand is None):
            return "states exactly one of manufacturer and brand"
        if rule.manufacturer is not None:
            reason = self._name_reason("manufacturer", rule.manufacturer)
        else:
            reason = _unknown("brand", rule.brand or "", [*self.known.brands, *self.known.manufacturers])
        return reason or _unknown("class", rule.class_, self.known.classes) or schema.pattern_problem(rule.matches)

    def _spellings(self, file: str, names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        """Each spelling's key → the name; one spelling for two names is told."""
        spellings: dict[str, str] = {}
        for name, aliases in names.items():
            if ", " in name:
                self.problems.append(Problem(file, name, "a name may not hold a comma and a blank"))
            for spelling in (name, *aliases):
                other = spellings.setdefault(name_key(spelling), name)
                if other != name:
                    self.problems.append(Problem(file, name, f"{spelling!r} is also a spelling of {other!r}"))
        return spellings


def _unknown(key: str, word: str, words: Iterable[str]) -> str:
    known = list(words)
    return "" if word in known else f"unknown {key} {word!r}{did_you_mean(word, known)}"


def _reason(error: msgspec.ValidationError, raw: Any, form: type[Any]) -> str:
    """msgspec's message in the words of the file, with a hint where YAML made a number of a text."""
    reason = str(error).replace("$.", "").replace("`$`", "the entry")
    if "unknown field" in reason and isinstance(raw, dict):
        names = [info.encode_name for info in msgspec.structs.fields(form)]
        unknown = next((str(key) for key in raw if key not in names), "")
        return reason + (did_you_mean(unknown, names) if unknown else "")
    if "got `int`" in reason or "got `float`" in reason or "got `bool`" in reason:
        reason += " (YAML reads bare numbers, yes and no as such: put a text in quotes)"
    return reason


def _with_defaults(means: Means, defaults: Defaults) -> Means:
    changes: dict[str, str] = {}
    if means.manufacturer is msgspec.UNSET and not means.makers and defaults.manufacturer:
        changes["manufacturer"] = defaults.manufacturer
    if means.brand is msgspec.UNSET and defaults.brand:
        changes["brand"] = defaults.brand
    if means.class_ is msgspec.UNSET and defaults.class_:
        changes["class_"] = defaults.class_
    return msgspec.structs.replace(means, **changes) if changes else means


__all__ = [
    "Capture",
    "DATABASE_FOLDER",
    "Database",
    "DatabaseError",
    "load_database",
    "name_key",
    "read_database",
]
