"""The inventory: opens or makes the database, begins and finishes scans, streams observations in and out.

SQLite in one file (write-ahead log, so that a report can be made while a scan runs), or any database that
SQLAlchemy knows by URL. Formats and features are not methods of the store: it keeps and returns observations.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fingerprints.observation import Observation
from inventory import tables
from inventory.manifest import ImportedFile, Manifest, ScanRecord
from inventory.schema_version import SchemaTooNew, bring_up_to_date
from inventory.visits import AttemptRecord, HostVisit


class InventoryError(Exception):
    """The inventory cannot be opened, read or written; the message names the file and the reason."""


def utc_now() -> str:
    """The time now, RFC 3339 in UTC, to the millisecond."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Inventory:
    """An open inventory. Use as a context manager, or close it."""

    def __init__(self, engine: sa.Engine, where: str) -> None:
        self._engine = engine
        self.where = where

    @classmethod
    def open(cls, where: str | Path, *, create: bool = True) -> Inventory:
        """Open the inventory at a path or database URL, brought up to this version's schema.

        Raises ``InventoryError``: no such file (``create`` false), not a database, of a newer coverscan, full
        disk, no permission.
        """
        url = str(where)
        if "://" not in url:
            path = Path(where)
            if not create and not path.exists():
                raise InventoryError(
                    f"{path}: no inventory there; run `coverscan scan` or `coverscan import` first"
                )
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InventoryError(f"{path.parent}: cannot be made ({error.strerror})") from None
            url = f"sqlite:///{path}"
        engine = sa.create_engine(url)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _prepare_sqlite)
        try:
            with engine.begin() as connection:
                bring_up_to_date(connection)
        except SchemaTooNew as error:
            engine.dispose()
            raise InventoryError(f"{where}: {error}") from None
        except SQLAlchemyError as error:
            engine.dispose()
            raise InventoryError(f"{where}: {_reason(error)}") from None
        return cls(engine, str(where))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Inventory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_scan(self, manifest: Manifest) -> int:
        """Record that a scan starts; returns its number."""
        with self._writing() as connection:
            result = connection.execute(
                tables.SCAN.insert().values(
                    kind=manifest.kind,
                    status="running",
                    started_at=utc_now(),
                    manifest=msgspec.json.encode(manifest).decode(),
                    counts="{}",
                )
            )
            key = result.inserted_primary_key
            return int(key[0]) if key else 0

    def finish_scan(self, scan_id: int, status: str, counts: dict[str, int]) -> None:
        """Record how a scan ended: ``complete`` or ``partial``."""
        with self._writing() as connection:
            connection.execute(
                tables.SCAN.update()
                .where(tables.SCAN.c.id == scan_id)
                .values(status=status, finished_at=utc_now(), counts=msgspec.json.encode(counts).decode())
            )

    def resume_scan(self, scan_id: int) -> None:
        """Mark a scan as running again."""
        with self._writing() as connection:
            connection.execute(
                tables.SCAN.update().where(tables.SCAN.c.id == scan_id).values(status="running", finished_at=None)
            )

    def write(self, scan_id: int, rows: dict[str, list[dict[str, object]]]) -> None:
        """Insert rows by table name in one transaction: all of them or none. Used by ``ScanWriter``."""
        with self._writing() as connection:
            for name, values in rows.items():
                if values:
                    connection.execute(
                        tables.METADATA.tables[name].insert(), [{"scan_id": scan_id, **row} for row in values]
                    )

    def scans(self) -> tuple[ScanRecord, ...]:
        """All scans, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(tables.SCAN).order_by(tables.SCAN.c.id)).all()
        return tuple(
            ScanRecord(
                id=row.id,
                status=row.status,
                started_at=row.started_at,
                finished_at=row.finished_at,
                manifest=msgspec.json.decode(row.manifest, type=Manifest),
                counts=msgspec.json.decode(row.counts, type=dict[str, int]),
            )
            for row in rows
        )

    def scan(self, scan_id: int | None = None) -> ScanRecord:
        """One scan by number, or the latest; raises ``InventoryError`` where there is none."""
        scans = self.scans()
        chosen = [scan for scan in scans if scan_id is None or scan.id == scan_id]
        if not chosen:
            what = "no scan in it yet" if scan_id is None else f"no scan number {scan_id} in it"
            raise InventoryError(f"{self.where}: {what}")
        return chosen[-1]

    def observations(self, scan_id: int) -> Iterator[Observation]:
        """The observations of a scan, in the order in which they arrived."""
        query = (
            sa.select(tables.OBSERVATION.c.document)
            .where(tables.OBSERVATION.c.scan_id == scan_id)
            .order_by(tables.OBSERVATION.c.id)
        )
        decoder = msgspec.json.Decoder(Observation)
        with self._reading() as connection:
            for (document,) in connection.execution_options(yield_per=1000).execute(query):
                yield decoder.decode(document)

    def units_done(self, scan_id: int) -> frozenset[str]:
        """The addresses and single-device targets that a scan is done with."""
        query = sa.select(tables.HOST.c.unit).where(tables.HOST.c.scan_id == scan_id)
        with self._reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def outcome_counts(self, scan_id: int) -> dict[str, int]:
        """How many hosts were swept, how many answered, and what came of the probes, by name."""
        attempts = (
            sa.select(tables.ATTEMPT.c.status, sa.func.count())
            .where(tables.ATTEMPT.c.scan_id == scan_id)
            .group_by(tables.ATTEMPT.c.status)
        )
        hosts = sa.select(tables.HOST).where(tables.HOST.c.scan_id == scan_id)
        counts = {"hosts done": 0, "hosts with open ports": 0, "hosts that refused": 0, "hosts silent": 0}
        with self._reading() as connection:
            for host in connection.execute(hosts):
                counts["hosts done"] += 1
                opened = host.open_ports != "[]"
                answer = (
                    "hosts with open ports" if opened else "hosts that refused" if host.closed else "hosts silent"
                )
                counts[answer] += 1
            for status, number in connection.execute(attempts):
                counts[f"probe {status}"] = number
        return counts

    def problems(self, scan_id: int) -> tuple[tuple[str, str], ...]:
        """Hosts that could not be looked at properly: (unit, reason)."""
        query = sa.select(tables.HOST.c.unit, tables.HOST.c.problem).where(
            tables.HOST.c.scan_id == scan_id, tables.HOST.c.problem.is_not(None)
        )
        with self._reading() as connection:
            return tuple((row.unit, row.problem) for row in connection.execute(query))

    def attempts(self, scan_id: int, ip: str) -> tuple[AttemptRecord, ...]:
        """What a scan asked one address, in the order in which it was asked."""
        table = tables.ATTEMPT
        columns = [table.c[name] for name in AttemptRecord.__struct_fields__]
        query = sa.select(*columns)
        query = query.where(table.c.scan_id == scan_id, table.c.ip == ip).order_by(table.c.id)
        with self._reading() as connection:
            return tuple(AttemptRecord(**row) for row in connection.execute(query).mappings())

    def host_visits(self, scan_id: int, ip: str) -> tuple[HostVisit, ...]:
        """Where a scan is done with one address: as a whole, and as targets that name ports of it."""
        query = sa.select(tables.HOST).where(tables.HOST.c.scan_id == scan_id, _unit_of(ip))
        with self._reading() as connection:
            return tuple(
                HostVisit(
                    unit=row.unit,
                    open_ports=msgspec.json.decode(row.open_ports, type=tuple[int, ...]),
                    closed=row.closed,
                    silent=row.silent,
                    problem=row.problem,
                    finished_at=row.finished_at,
                )
                for row in connection.execute(query.order_by(tables.HOST.c.unit))
            )

    def scans_about(self, ip: str) -> tuple[int, ...]:
        """The numbers of the scans and imports that saw or visited an address, newest first."""
        seen = sa.select(tables.OBSERVATION.c.scan_id).where(tables.OBSERVATION.c.ip == ip)
        visited = sa.select(tables.HOST.c.scan_id).where(_unit_of(ip))
        with self._reading() as connection:
            return tuple(sorted(connection.execute(sa.union(seen, visited)).scalars(), reverse=True))

    def imported_files(self, scan_id: int) -> tuple[ImportedFile, ...]:
        """The files that an import read."""
        query = sa.select(tables.INPUT_FILE.c.document).where(tables.INPUT_FILE.c.scan_id == scan_id)
        with self._reading() as connection:
            return tuple(
                msgspec.json.decode(document, type=ImportedFile)
                for document in connection.execute(query).scalars()
            )

    def _writing(self) -> _Transaction:
        return _Transaction(self._engine, self.where, write=True)

    def _reading(self) -> _Transaction:
        return _Transaction(self._engine, self.where, write=False)


class _Transaction:
    """A connection whose database errors come out as ``InventoryError``."""

    def __init__(self, engine: sa.Engine, where: str, *, write: bool) -> None:
        self._context = engine.begin() if write else engine.connect()
        self._where = where

    def __enter__(self) -> sa.Connection:
        try:
            return self._context.__enter__()
        except SQLAlchemyError as error:
            raise InventoryError(f"{self._where}: {_reason(error)}") from None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            self._context.__exit__(kind, error, trace)  # type: ignore[arg-type]
        except SQLAlchemyError as failure:
            raise InventoryError(f"{self._where}: {_reason(failure)}") from None
        if isinstance(error, SQLAlchemyError):
            raise InventoryError(f"{self._where}: {_reason(error)}") from None


def _unit_of(ip: str) -> sa.ColumnElement[bool]:
    """The units of an address: itself, and ``address:port`` (``[address]:port`` in IPv6)."""
    with_ports = f"[{ip}]:" if ":" in ip else f"{ip}:"
    return sa.or_(tables.HOST.c.unit == ip, tables.HOST.c.unit.startswith(with_ports, autoescape=True))


def _reason(error: SQLAlchemyError) -> str:
    return str(error.orig) if isinstance(error, DBAPIError) and error.orig else str(error).splitlines()[0]


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
