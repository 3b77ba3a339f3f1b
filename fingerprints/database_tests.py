"""Runs the examples and look-alikes that stand in the database, and finds entries that contradict each other.

``python -m fingerprints.database_tests [FILE…]`` prints each problem as ``file: entry: reason`` and a
summary; the exit code is 1 if there is any. Without a file the whole database is tested.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fingerprints.claims import MAKERS_SEPARATOR
from fingerprints.database_loader import DATABASE_FOLDER, Database, read_database
from fingerprints.identification import Evidence
from fingerprints.lint import duplicate_keys, entry_lint, model_lint
from fingerprints.matcher import Matcher
from fingerprints.observation import ENDPOINT_NAMES, FIELDS, Observation, bounded_fields
from fingerprints.schema import CLAIM_KEYS, Capture, Entry, FieldText, Problem, did_you_mean


def check_database(database: Database, matcher: Matcher | None = None) -> list[Problem]:
    """Every problem of every entry and model rule; empty when the database is sound."""
    matcher = matcher or Matcher(database)
    problems = [
        Problem(database.files.get(entry.id, ""), entry.id, reason)
        for entry in database.entries
        for reason in check_entry(entry, database, matcher)
    ]
    return problems + [
        Problem(file, rule.matches, reason)
        for rule, file in zip(database.models, database.model_files, strict=True)
        for reason in model_lint(rule)
    ]


def check_entry(entry: Entry, database: Database, matcher: Matcher) -> list[str]:
    """Reasons why ``entry`` is wrong: by its examples and look-alikes, by echoes, by other entries."""
    reasons = entry_lint(entry)
    if not entry.examples:
        reasons.append("has no example")
    proved: set[str] = set()
    for number, example in enumerate(entry.examples, 1):
        where = f"example {number}"
        try:
            evidence = matcher.evidence(example_observation(example.fields))
        except ValueError as error:
            reasons.append(f"{where}: {error}")
            continue
        own = next((item for item in evidence if item.fingerprint == entry.id), None)
        if own is None:
            reasons.append(f"{where} does not match")
            continue
        reasons += [f"{where}: {reason}" for reason in _claims_differ(own, example.expect)]
        reasons += [f"{where}: {reason}" for reason in _contradictions(own, evidence)]
        proved |= example.expect.keys()
    for number, look_alike in enumerate(entry.not_, 1):
        try:
            evidence = matcher.evidence(example_observation(look_alike.fields))
        except ValueError as error:
            reasons.append(f"look-alike {number}: {error}")
            continue
        if any(item.fingerprint == entry.id for item in evidence):
            reasons.append(f"look-alike {number} ({look_alike.what}) matches")
    captures = {key: value.from_ for key, value in entry.means.values().items() if isinstance(value, Capture)}
    shown = {captures[key] for key in proved & captures.keys()}
    reasons += [
        f"no example expects {key}, which is captured" for key, group in captures.items() if group not in shown
    ]
    return reasons + list(_echoes(entry, database, matcher))


def example_observation(fields: Mapping[str, FieldText]) -> Observation:
    """The observation that an example's ``fields`` describe. Raises ValueError on a field that cannot be."""
    endpoint = {}
    for name, value in fields.items():
        if name in ENDPOINT_NAMES:
            endpoint[name] = str(value)
            continue
        if name not in FIELDS:
            raise ValueError(f"no field {name!r}{did_you_mean(name, [*FIELDS, *ENDPOINT_NAMES])}")
        if isinstance(value, tuple) and not FIELDS[name].is_list:
            raise ValueError(f"{name} holds one text, not a list")
        texts = value if isinstance(value, tuple) else (value,)
        if any(len(str(text)) > FIELDS[name].max_chars for text in texts):
            raise ValueError(f"{name} is longer than {FIELDS[name].max_chars} characters")
    port = endpoint.pop("port", None)
    if port is not None and not port.isdecimal():
        raise ValueError(f"port {port!r} is not a number")
    return Observation(
        source="example",
        port=None if port is None else int(port),
        mac=endpoint.get("mac"),
        hostname=endpoint.get("hostname"),
        service=endpoint.get("service"),
        fields=bounded_fields({name: value for name, value in fields.items() if name not in ENDPOINT_NAMES}),
    )


def _claims_differ(evidence: Evidence, expect: Mapping[str, str | tuple[str, ...] | None]) -> Iterator[str]:
    for key, wanted in expect.items():
        if key not in CLAIM_KEYS:
            yield f"expect has no key {key!r}{did_you_mean(key, list(CLAIM_KEYS))}"
            continue
        text = MAKERS_SEPARATOR.join(wanted) if isinstance(wanted, tuple) else wanted and str(wanted)
        got = evidence.claims.get(key)
        if got != text:
            yield f"{key} is {got!r}, expected {text!r}"
    if "build" in evidence.claims.get("firmware", "").lower():
        yield f"firmware {evidence.claims['firmware']!r} holds the build: capture it as firmware_date"


def _contradictions(own: Evidence, evidence: Sequence[Evidence]) -> Iterator[str]:
    """Other entries that match the same example and name other manufacturers only."""
    mine = makers_claimed(own)
    for other in evidence:
        theirs = makers_claimed(other)
        if mine and theirs and not mine & theirs:
            names = " or ".join(sorted(theirs))
            yield f"{other.fingerprint} matches it too and says {names}, not {' or '.join(sorted(mine))}"


def makers_claimed(evidence: Evidence) -> frozenset[str]:
    """The manufacturers that the evidence itself names: one, several possible ones, or none."""
    if "manufacturer" in evidence.claims:
        return frozenset({evidence.claims["manufacturer"]})
    makers = evidence.claims.get("makers")
    return frozenset(makers.split(MAKERS_SEPARATOR)) if makers else frozenset()


def _echoes(entry: Entry, database: Database, matcher: Matcher) -> Iterator[str]:
    """Pages that merely repeat our own request must not count as a sign."""
    if not any(condition.field in _ECHOING_FIELDS for condition in entry.match):
        return
    own_paths = {
        str(fields["http.path"])
        for fields in [example.fields for example in entry.examples]
        if "http.path" in fields
    }
    for path in sorted(own_paths | set(database.requested)):
        evidence = matcher.evidence(echo_observation(path))
        if any(item.fingerprint == entry.id for item in evidence):
            yield (
                f"matches a page that only repeats our request for {path!r}: "
                "add a condition that the request cannot cause, such as http.path is '/'"
            )
            return


_ECHOING_FIELDS = frozenset(
    {"http.body", "http.title", "http.headers", "http.location", "http.auth", "http.auth_realm"}
    | {"banner.raw", "rtsp.headers", "rtsp.auth", "rtsp.realm"}
)


def echo_observation(path: str) -> Observation:
    """A server that repeats all of our request (path, Host, User-Agent) in every place it can."""
    said = f"{path} Host: 192.0.2.1 User-Agent: coverscan"
    headers = ["HTTP/1.1 404 Not Found", f"Location: https://192.0.2.1{path}", f"X-Request: GET {said}"]
    page = f'<html><head><title>404: {path}</title></head><body><a href="{path}">{said}</a></body></html>'
    return Observation(
        source="echo",
        fields=bounded_fields(
            {
                "http.path": path,
                "http.status": "404",
                "http.title": path,
                "http.body": page,
                "http.headers": headers,
                "http.location": path,
                "http.auth": f'Basic realm="{path}"',
                "http.auth_realm": path,
                "banner.raw": "\r\n".join([*headers, "", page]),
                "rtsp.headers": ["RTSP/1.0 404 Not Found", f"X-Request: {said}"],
                "rtsp.auth": f'Basic realm="{path}"',
                "rtsp.realm": path,
            }
        ),
    )


class TestRun(NamedTuple):
    """What was tested, what is wrong with it, and which other files have problems of their own."""

    database: Database
    tested: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    other_files: tuple[str, ...] = ()


def run_tests(files: Sequence[Path]) -> TestRun:
    """Test the entries of ``files`` together with the whole database, or all of it where none is named."""
    database, problems = read_database(DATABASE_FOLDER, extra=[f for f in files if f.parent.name != "models"])
    problems += check_database(database)
    for path in {*DATABASE_FOLDER.glob("**/*.yaml"), *files}:
        problems += [Problem(shown_name(path), "", reason) for reason in duplicate_keys(path)]
    names = {shown_name(path) for path in files}
    if not names:
        return TestRun(database, database.entries, tuple(problems))
    return TestRun(
        database,
        tuple(entry for entry in database.entries if database.files[entry.id] in names),
        tuple(problem for problem in problems if problem.file in names),
        tuple(sorted({problem.file for problem in problems} - names)),
    )


def main(arguments: Sequence[str]) -> int:
    """Test the whole database, or the entries of the files named; print what is wrong."""
    files = [Path(argument) for argument in arguments]
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        sys.stderr.write(f"no such file: {', '.join(missing)}\n")
        return 1
    run = run_tests(files)
    sys.stdout.write("".join(f"{line}\n" for line in test_report(run)))
    return 1 if run.problems else 0


def test_report(run: TestRun) -> list[str]:
    """The problems, a line each, and a summary."""
    lines = [f"(other files have problems too: {', '.join(run.other_files)})"] if run.other_files else []
    lines += map(str, run.problems)
    examples = sum(len(entry.examples) for entry in run.tested)
    look_alikes = sum(len(entry.not_) for entry in run.tested)
    problems = f"{len(run.problems) or 'no'} problem{'' if len(run.problems) == 1 else 's'}"
    return [*lines, f"{len(run.tested)} entries, {examples} examples, {look_alikes} look-alikes: {problems}"]


def shown_name(path: Path) -> str:
    """A file of the database as problems name it."""
    return f"models/{path.name}" if path.parent.name == "models" else path.name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
