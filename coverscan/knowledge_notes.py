"""What a report says of the knowledge that it was made with: versions, dates, regimes, sources, limits."""

from __future__ import annotations

from pathlib import Path

from fingerprints.database_loader import Database
from regulations.determination import NOT_LEGAL_ADVICE
from regulations.knowledge import Knowledge as Law
from reports.data_files import read_data_file
from reports.document import Knowledge, RegimeNote, SourceNote


def knowledge_of(database: Database, law: Law, version: str) -> Knowledge:
    """The notes for the report document."""
    return Knowledge(
        coverscan_version=version,
        fingerprints=len(database.entries),
        fingerprints_sha256=database.sha256,
        law_last_verified=law.last_verified,
        regimes=tuple(
            RegimeNote(
                key=regime.key,
                name=regime.name,
                binds=regime.binds,
                forbids=regime.forbids,
                does_not=regime.does_not,
                in_force_from=regime.in_force_from,
                authority=regime.authority,
            )
            for regime in law.regimes.values()
        ),
        sources=tuple(
            SourceNote(key=source.key, title=source.title, url=source.url, grade=source.grade)
            for source in law.sources.values()
        ),
        limits=limits(),
        disclaimer=NOT_LEGAL_ADVICE,
    )


def limits() -> tuple[str, ...]:
    """What a report cannot know, in sentences, from ``limits.yaml``."""
    loaded = read_data_file(Path(__file__).parent / "limits.yaml", dict[str, tuple[str, ...]])
    return loaded["limits"]
