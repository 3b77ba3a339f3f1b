"""Brings a database to this version's schema with Alembic, and refuses one of a newer coverscan."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa


class SchemaTooNew(Exception):
    """The database was made by a newer coverscan."""


def bring_up_to_date(connection: sa.Connection) -> None:
    """Migrate to the newest schema; a database that is there already is left alone.

    Raises ``SchemaTooNew``.
    """
    # Alembic takes a tenth of a second to import; most runs find the schema as it should be.
    current = _current_revision(connection)
    if current == newest_revision():
        return
    if current is not None and current not in known_revisions():
        raise SchemaTooNew(f"made by a newer coverscan (schema {current}); update coverscan to open it")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def known_revisions() -> tuple[str, ...]:
    """The revisions of this version, oldest first: the numbers in the migrations' file names."""
    files = sorted((Path(__file__).parent / "migrations" / "versions").glob("v[0-9]*_*.py"))
    return tuple(file.stem[1:].split("_", 1)[0] for file in files)


def newest_revision() -> str:
    """The revision that this version works with."""
    return known_revisions()[-1]


def _current_revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(sa.text("select version_num from alembic_version")).scalar()
    return str(revision) if revision is not None else None
