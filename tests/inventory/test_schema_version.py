from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from inventory.schema_version import bring_up_to_date, known_revisions, newest_revision
from inventory.tables import METADATA


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    with engine.begin() as connection:
        bring_up_to_date(connection)
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert differences == []


def test_bringing_up_to_date_twice_changes_nothing(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    for _ in range(2):
        with engine.begin() as connection:
            bring_up_to_date(connection)
    with engine.connect() as connection:
        assert connection.execute(sa.text("select version_num from alembic_version")).scalars().all() == [
            newest_revision()
        ]


def test_the_revisions_are_numbered_without_gaps() -> None:
    assert known_revisions() == tuple(f"{number:04}" for number in range(1, len(known_revisions()) + 1))
