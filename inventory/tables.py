"""The tables of the inventory, as SQLAlchemy sees them; ``migrations/versions`` makes them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

SCAN = Table(
    "scan",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # scan, import, demo
    Column("status", String(16), nullable=False),  # running, complete, partial
    Column("started_at", String(40), nullable=False),  # RFC 3339, UTC
    Column("finished_at", String(40)),
    Column("manifest", Text, nullable=False),  # JSON of inventory.store.Manifest
    Column("counts", Text, nullable=False),  # JSON object of numbers
)
"""A scan, an import or a demo run: one job with its manifest."""

OBSERVATION = Table(
    "observation",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("scan_id", ForeignKey("scan.id", ondelete="CASCADE"), nullable=False),
    Column("ip", String(64)),
    Column("port", Integer),
    Column("service", String(32)),
    Column("mac", String(32)),
    Column("document", Text, nullable=False),  # the observation's public line
    Index("ix_observation_scan_ip", "scan_id", "ip"),
)
"""Every raw observation, as it arrived."""

ATTEMPT = Table(
    "attempt",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("scan_id", ForeignKey("scan.id", ondelete="CASCADE"), nullable=False),
    Column("ip", String(64), nullable=False),
    Column("port", Integer),
    Column("probe", String(32), nullable=False),
    Column("status", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("bytes_read", Integer, nullable=False),
    Column("at", String(40), nullable=False),
    Index("ix_attempt_scan", "scan_id"),
)
"""Every probe of an open port or a discovery protocol and what came of it, failures included."""

HOST = Table(
    "host",
    METADATA,
    Column("scan_id", ForeignKey("scan.id", ondelete="CASCADE"), primary_key=True),
    Column("unit", String(300), primary_key=True),  # an address, or a target that names one device's ports
    Column("open_ports", Text, nullable=False),  # JSON list
    Column("closed", Integer, nullable=False),
    Column("silent", Integer, nullable=False),
    Column("problem", Text),
    Column("finished_at", String(40), nullable=False),
)
"""Every host that is done with: a resumed scan leaves it out."""

INPUT_FILE = Table(
    "input_file",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("scan_id", ForeignKey("scan.id", ondelete="CASCADE"), nullable=False),
    Column("document", Text, nullable=False),  # JSON of inventory.store.ImportedFile
)
"""Every imported file: hash, format, what was read and what was not."""
