"""The inventory of version 0.1: scans, observations, attempts, hosts, imported files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _of_scan(*, primary_key: bool = False) -> sa.Column[int]:
    reference = sa.ForeignKey("scan.id", ondelete="CASCADE")
    return sa.Column("scan_id", sa.Integer, reference, nullable=False, primary_key=primary_key)


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "scan",
        _key(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("started_at", sa.String(40), nullable=False),
        sa.Column("finished_at", sa.String(40)),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
    )
    op.create_table(
        "observation",
        _key(),
        _of_scan(),
        sa.Column("ip", sa.String(64)),
        sa.Column("port", sa.Integer),
        sa.Column("service", sa.String(32)),
        sa.Column("mac", sa.String(32)),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("ix_observation_scan_ip", "observation", ["scan_id", "ip"])
    op.create_table(
        "attempt",
        _key(),
        _of_scan(),
        sa.Column("ip", sa.String(64), nullable=False),
        sa.Column("port", sa.Integer),
        sa.Column("probe", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("bytes_read", sa.Integer, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_index("ix_attempt_scan", "attempt", ["scan_id"])
    op.create_table(
        "host",
        _of_scan(primary_key=True),
        sa.Column("unit", sa.String(300), primary_key=True),
        sa.Column("open_ports", sa.Text, nullable=False),
        sa.Column("closed", sa.Integer, nullable=False),
        sa.Column("silent", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("finished_at", sa.String(40), nullable=False),
    )
    op.create_table("input_file", _key(), _of_scan(), sa.Column("document", sa.Text, nullable=False))


def downgrade() -> None:
    """There is no way back."""
    raise RuntimeError("an inventory is never taken back to an older form: restore a backup instead")
