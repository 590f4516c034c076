"""How much a process takes on before it refuses: each limit is a setting, with its unit and what it protects."""

from typing import Any

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.environment import PREFIX, FromEnvironment

MIB = 1024 * 1024
GIB = 1024 * MIB


def limit(default: float, protects: str, *, least: float, most: float) -> Any:  # noqa: ANN401  as Field does
    """Describe a limit; `protects` says what would suffer without it, as the documentation has it."""
    return Field(default=default, ge=least, le=most, allow_inf_nan=False, description=protects)


class Limits(FromEnvironment):
    """The limits of a process, each by the variable SAMVERKAN_LIMIT_ and its name in capitals.

    The name ends in its unit, before any `_per_`. `Settings.limits` has them, in the API and in the worker.
    """

    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}LIMIT_")

    head_bytes: int = limit(
        16_384, "the loop, from heads of requests that take long to read (431)", least=4096, most=65_536
    )
    head_fields: int = limit(100, "the loop, from heads of very many header fields (431)", least=32, most=1000)
    target_bytes: int = limit(8192, "the loop, from addresses that take long to read (414)", least=1024, most=65_536)
    head_seconds: float = limit(10, "connections, from clients that never send a whole head (408)", least=0.1, most=600)
    body_piece_seconds: float = limit(
        20, "connections, from clients that stop sending in a body (408)", least=0.1, most=600
    )
    body_bytes_per_second: float = limit(
        500, "connections and places of uploads, from bodies that trickle (408)", least=1, most=1_000_000
    )
    body_values: int = limit(
        20_000, "the loop and memory, from JSON of very many small values (413)", least=1000, most=1_000_000
    )
    answer_piece_seconds: float = limit(
        30, "places of files and feeds, from clients that stop reading", least=0.1, most=600
    )
    connections: int = limit(
        2000, "memory and open files; for a new one, one that only waits is closed", least=10, most=100_000
    )
    connections_per_address: int = limit(
        200, "other clients' places; a proxy's address is exempt", least=2, most=100_000
    )
    key_requests_per_minute: int = limit(
        12_000, "other clients, from one key that asks without end (429)", least=1, most=10_000_000
    )
    stranger_requests_per_minute: int = limit(
        3000, "the keys' database, from an address without a valid key (429)", least=1, most=10_000_000
    )
    sign_ins_per_minute: int = limit(60, "people's links, from an address that tries many (429)", least=1, most=100_000)
    requests_per_client: int = limit(
        32, "other clients' turns, from what one key or address asks at once (429)", least=1, most=1000
    )
    uploads: int = limit(8, "disk and memory, from many files sent at once (503)", least=1, most=1000)
    uploads_per_key: int = limit(5, "other clients' places for uploads", least=1, most=1000)
    files: int = limit(3, "connections to the database, from files that are fetched (503)", least=1, most=100)
    files_per_key: int = limit(2, "other clients' places for files", least=1, most=100)
    feed_answers: int = limit(24, "memory, from pages of OData that nobody reads (503)", least=1, most=1000)
    feed_answers_per_key: int = limit(12, "other clients' places for pages of OData", least=1, most=1000)
    unsent_bytes: int = limit(
        256 * MIB, "memory, from answers that nobody reads; the largest are cut off", least=MIB, most=1024 * GIB
    )
    query_seconds: float = limit(
        10, "other clients' connections, from questions that take long to answer (503)", least=0.01, most=600
    )
    feed_seconds: float = limit(
        30, "other clients' connections, from queries of the OData feed (400)", least=0.01, most=600
    )
    waiting_files_per_key: int = limit(
        20, "disk and other clients' turns, from files of one key that wait to be imported (429)", least=1, most=100_000
    )
    waiting_bytes_per_key: int = limit(
        4 * GIB, "disk, from files of one key that wait to be imported (429)", least=1, most=1024 * GIB
    )
    import_remarks: int = limit(
        10_000, "disk, from files of wrong rows: of more remarks only the number is kept", least=1, most=10**7
    )
    import_remark_days: int = limit(90, "disk, from remarks on files that nobody reads any more", least=1, most=36_500)
    audit_days: int = limit(730, "disk and privacy, from what the audit trail says of old writes", least=1, most=36_500)
    fact_years: int = limit(
        100, "disk and privacy, from facts of years that ended so many whole years ago; 100: none", least=1, most=100
    )
    upload_bytes: int = limit(
        2 * GIB, "disk, from files that are stored to be imported later (413)", least=1024, most=100 * GIB
    )
    workbook_bytes: int = limit(
        64 * MIB, "disk and time, from workbooks that no table needs (413)", least=1024, most=GIB
    )
    workbook_unpacked_bytes: int = limit(
        GIB, "time, from workbooks that unpack to far more than they are (422)", least=MIB, most=10 * GIB
    )
    workbook_memory_bytes: int = limit(
        GIB, "memory, from each process that reads a workbook (422)", least=64 * MIB, most=16 * GIB
    )
    workbook_seconds: int = limit(
        120, "the processor, from each process that reads a workbook (422)", least=1, most=3600
    )
    workbook_readers: int = limit(
        2, "memory and the processor, from workbooks read at once: others wait", least=1, most=64
    )
    silent_seconds: float = limit(
        20, "everybody, from a program of `samverkan up` that hangs: it is started again", least=2, most=3600
    )
    api_sessions: int = limit(
        17, "PostgreSQL's places, of which each API takes so many at most (503)", least=8, most=1000
    )
    worker_sessions: int = limit(
        6, "PostgreSQL's places, of which each worker takes so many at most", least=4, most=1000
    )

    @classmethod
    def allowed(cls, name: str) -> str:
        """Say what a limit may be."""
        kind = "a whole number" if cls.model_fields[name].annotation is int else "a number"
        least, most = cls.bounds(name)
        return f"{kind} of {_unit(name)} from {_plain(least)} to {_plain(most)}"

    @classmethod
    def bounds(cls, name: str) -> tuple[float, float]:
        """Return the least and the most that a limit may be."""
        bounds = cls.model_fields[name].metadata
        least = next(bound.ge for bound in bounds if hasattr(bound, "ge"))
        return least, next(bound.le for bound in bounds if hasattr(bound, "le"))

    @classmethod
    def table(cls) -> list[tuple[str, str, str]]:
        """Return the limits as documentation lists them: the variable, its default with the unit, what it protects."""
        return [
            (variable, f"{_plain(field.default)} {_unit(name)}", field.description or "")
            for variable, (name, field) in zip(cls.variables(), cls.model_fields.items(), strict=True)
        ]


def _unit(name: str) -> str:
    return name.partition("_per_")[0].rpartition("_")[2]


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
