"""How much a process takes on before it refuses: each limit is a setting, with its unit and what it protects."""

from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsConfigDict

from shared.environment import PREFIX, FromEnvironment

MIB = 1024 * 1024
GIB = 1024 * MIB


def limit(default: float, unit: str, protects: str, *, least: float, most: float) -> Any:  # noqa: ANN401  as Field does
    """Describe a limit; `protects` says what would suffer without it, as the documentation has it."""
    bounds: dict[str, Any] = {"unit": unit, "least": least, "most": most}
    return Field(
        default=default, ge=least, le=most, allow_inf_nan=False, description=protects, json_schema_extra=bounds
    )


class Limits(FromEnvironment):
    """The limits of a process, each by the variable SAMVERKAN_LIMIT_ and its name in capitals.

    The name ends in what is counted. `Settings.limits` has them, in the API and in the worker.
    """

    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}LIMIT_")

    head_bytes: int = limit(
        16_384, "bytes", "the loop, from heads of requests that take long to read (431)", least=4096, most=65_536
    )
    head_fields: int = limit(
        100, "fields", "the loop, from heads of very many header fields (431)", least=32, most=1000
    )
    target_bytes: int = limit(
        8192, "bytes", "the loop, from addresses that take long to read (414)", least=1024, most=65_536
    )
    head_seconds: float = limit(
        10, "seconds", "connections, from clients that never send a whole head (408)", least=0.1, most=600
    )
    body_piece_seconds: float = limit(
        20, "seconds", "connections, from clients that stop sending in a body (408)", least=0.1, most=600
    )
    body_bytes_per_second: float = limit(
        500, "bytes", "connections and places of uploads, from bodies that trickle (408)", least=1, most=1_000_000
    )
    body_values: int = limit(
        20_000, "values", "the loop and memory, from JSON of very many small values (413)", least=1000, most=1_000_000
    )
    answer_piece_seconds: float = limit(
        30, "seconds", "places of files and feeds, from clients that stop reading", least=0.1, most=600
    )
    connections: int = limit(
        2000,
        "connections",
        "memory and open files; for a new one, one that only waits is closed",
        least=10,
        most=100_000,
    )
    connections_per_address: int = limit(
        200, "connections", "other clients' places; a proxy's address is exempt", least=2, most=100_000
    )
    key_requests_per_minute: int = limit(
        12_000, "requests", "other clients, from one key that asks without end (429)", least=1, most=10_000_000
    )
    stranger_requests_per_minute: int = limit(
        3000, "requests", "the keys' database, from an address without a valid key (429)", least=1, most=10_000_000
    )
    uploads: int = limit(8, "uploads", "disk and memory, from many files sent at once (503)", least=1, most=1000)
    uploads_per_key: int = limit(5, "uploads", "other clients' places for uploads", least=1, most=1000)
    files: int = limit(3, "files", "connections to the database, from files that are fetched (503)", least=1, most=100)
    files_per_key: int = limit(2, "files", "other clients' places for files", least=1, most=100)
    feed_answers: int = limit(24, "answers", "memory, from pages of OData that nobody reads (503)", least=1, most=1000)
    feed_answers_per_key: int = limit(12, "answers", "other clients' places for pages of OData", least=1, most=1000)
    unsent_bytes: int = limit(
        256 * MIB,
        "bytes",
        "memory, from answers that nobody reads; the largest are cut off",
        least=MIB,
        most=1024 * GIB,
    )
    query_seconds: float = limit(
        10, "seconds", "other clients' connections, from questions that take long to answer (503)", least=0.01, most=600
    )
    feed_seconds: float = limit(
        30, "seconds", "other clients' connections, from queries of the OData feed (400)", least=0.01, most=600
    )
    waiting_files_per_key: int = limit(
        20,
        "files",
        "disk and other clients' turns, from files of one key that wait to be imported (429)",
        least=1,
        most=100_000,
    )
    waiting_bytes_per_key: int = limit(
        4 * GIB, "bytes", "disk, from files of one key that wait to be imported (429)", least=1, most=1024 * GIB
    )
    import_remarks: int = limit(
        10_000,
        "remarks",
        "disk, from files of wrong rows: of more remarks only the number is kept",
        least=1,
        most=10**7,
    )
    import_remark_days: int = limit(
        90, "days", "disk, from remarks on files that nobody reads any more", least=1, most=36_500
    )
    audit_days: int = limit(
        730, "days", "disk and privacy, from what the audit trail says of old writes", least=1, most=36_500
    )
    upload_bytes: int = limit(
        2 * GIB, "bytes", "disk, from files that are stored to be imported later (413)", least=1024, most=100 * GIB
    )
    workbook_bytes: int = limit(
        64 * MIB, "bytes", "disk and time, from workbooks that no table needs (413)", least=1024, most=GIB
    )
    workbook_unpacked_bytes: int = limit(
        GIB, "bytes", "time, from workbooks that unpack to far more than they are (422)", least=MIB, most=10 * GIB
    )
    workbook_memory_bytes: int = limit(
        GIB, "bytes", "memory, from each process that reads a workbook (422)", least=64 * MIB, most=16 * GIB
    )
    workbook_seconds: int = limit(
        120, "seconds", "the processor, from each process that reads a workbook (422)", least=1, most=3600
    )
    workbook_readers: int = limit(
        2, "workbooks", "memory and the processor, from workbooks read at once: others wait", least=1, most=64
    )
    silent_seconds: float = limit(
        20, "seconds", "everybody, from a program of `samverkan up` that hangs: it is started again", least=2, most=3600
    )
    api_sessions: int = limit(
        17, "sessions", "PostgreSQL's places, of which each API takes so many at most (503)", least=8, most=1000
    )
    worker_sessions: int = limit(
        6, "sessions", "PostgreSQL's places, of which each worker takes so many at most", least=4, most=1000
    )

    @classmethod
    def allowed(cls, field: FieldInfo) -> str:
        """Say what a limit may be."""
        bounds = _bounds(field)
        kind = "a whole number" if field.annotation is int else "a number"
        return f"{kind} of {bounds['unit']} from {_plain(bounds['least'])} to {_plain(bounds['most'])}"

    @classmethod
    def table(cls) -> list[tuple[str, str, str]]:
        """Return the limits as documentation lists them: the variable, its default with the unit, what it protects."""
        return [
            (variable, f"{_plain(field.default)} {_bounds(field)['unit']}", field.description or "")
            for variable, field in zip(cls.variables(), cls.model_fields.values(), strict=True)
        ]


def _bounds(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
