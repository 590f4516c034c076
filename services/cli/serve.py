"""`samverkan up`: the servers, the migrations, the API and the worker, until a signal stops them."""

import errno
import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from services.cli import embedded, logins
from services.cli.accounts import give, home_of, service_account
from services.cli.child_process import Child, Program
from services.cli.cluster import API_LOGIN, WORKER_LOGIN
from services.cli.data_directory import DataDirectory
from services.cli.errors import AddressUnusable, CatalogueUnusable, ServiceFailed, StopRequested
from services.cli.migrations import upgrade
from services.cli.supervision import Supervisor, stopped_by_signals
from shared.catalogue.loader import BrokenCatalogue, shipped_catalogue
from shared.logs import json_line
from shared.settings import Settings, unknown_variables

SECONDS_TO_ANSWER = 60.0
SECONDS_BETWEEN_LOOKS = 0.05
SECONDS_TO_RESPOND = 5.0
PASSWORD_FILES = {"DATABASE_URL": "DATABASE_PASSWORD_FILE", "REDIS_URL": "REDIS_PASSWORD_FILE"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the API is to listen."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address for a client on this machine."""
        return f"http://{f'[{self.reachable_host}]' if ':' in self.host else self.reachable_host}:{self.port}"

    @property
    def reachable_host(self) -> str:
        """The host itself, or the loopback address where the host means every interface."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  (only recognised)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running Samverkan is reached."""

    base_url: str
    database_url: str
    redis_url: str

    def announce(self, descriptor: int) -> None:
        """Write the addresses as one line of JSON to a file descriptor, and close it."""
        with os.fdopen(descriptor, "w") as stream:
            json.dump(asdict(self), stream)
            stream.write("\n")


def run(address: Address, announce_to: int | None = None) -> None:
    """Run everything until Ctrl-C or SIGTERM, then stop it all; return when no process is left.

    With `announce_to`, a file descriptor, the addresses are written there once the API answers.

    Raises:
        CommandError: something prevented its start; all that had started is stopped.
    """
    with ExitStack() as stack:
        stop = stack.enter_context(stopped_by_signals())
        refuse_unusable(address)
        refuse_broken_catalogue()
        directory = DataDirectory.from_environment()
        servers = embedded.servers_not_named(directory)
        settings = settings_with({variable: server.url for variable, server in servers.items()}, address)
        if servers:
            stack.enter_context(directory.locked())
        supervisor = Supervisor(report, settings.limits.silent_seconds)
        stack.callback(supervisor.stop)
        for server in servers.values():
            supervisor.keep(embedded.start(server, report, stop))
        upgrade(settings.database_url)
        account = service_account(address.port, report)
        heartbeat = stack.enter_context(heartbeat_file(account))
        embedded_in = directory if "DATABASE_URL" in servers else None
        programs = (
            worker(logins.settings_of(WORKER_LOGIN, settings, embedded_in), heartbeat, account),
            api(logins.settings_of(API_LOGIN, settings, embedded_in), address, account),
        )
        start_services(supervisor, programs, address, stop)
        report("up", f"Samverkan answers at {address.url} (Ctrl-C stops it)")
        if announce_to is not None:
            Addresses(address.url, settings.database_url, settings.redis_url).announce(announce_to)
        supervisor.watch(stop)
        report("up", "stopping")


def settings_with(servers: Mapping[str, str], address: Address) -> Settings:
    """Return what the services need to know: the environment's, and the embedded servers by their variable."""
    public_url = os.environ.get("SAMVERKAN_PUBLIC_URL") or address.url
    given = {name: value for name, value in os.environ.items() if name not in {PASSWORD_FILES[one] for one in servers}}
    return Settings.from_environment({**given, **servers, "SAMVERKAN_PUBLIC_URL": public_url})


def start_services(supervisor: Supervisor, programs: Sequence[Program], address: Address, stop: Event) -> None:
    """Start the worker and the API, and wait until the API answers.

    Raises:
        ServiceFailed: one of them ended first, or the API did not answer in time. What stops it now would stop it
            again, so nothing is tried anew.
        StopRequested: `stop` was set meanwhile.
    """
    children = [supervisor.keep(Child(program, report)) for program in programs]
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while not answers(address):
        if time.monotonic() > deadline:
            raise ServiceFailed(f"The API did not answer at {address.url} within {SECONDS_TO_ANSWER:g} s; see above.")
        for child in children:
            if not child.is_alive():
                raise ServiceFailed(f"The {child.program.name} {child.ending()} before it was ready; see above.")
        if stop.wait(SECONDS_BETWEEN_LOOKS):
            raise StopRequested


def worker(settings: Settings, heartbeat: Path | None = None, account: str | None = None) -> Program:
    """Describe the indicator worker, which touches a file for as long as it does not hang."""
    command = [sys.executable, "-m", "services.indicators.worker"]
    return Program(
        name="worker",
        command=(*command, "--heartbeat", str(heartbeat)) if heartbeat else tuple(command),
        environment=service_environment(settings, account),
        account=account,
        orphan_signal=signal.SIGKILL,  # what it was doing is rolled back; it must not linger on
        answers=Touches(heartbeat) if heartbeat else None,
    )


def api(settings: Settings, address: Address, account: str | None = None) -> Program:
    """Describe the API."""
    command = (sys.executable, "-m", "services.api.server", "--host", address.host, "--port", str(address.port))
    return Program(
        name="api",
        command=command,
        environment=service_environment(settings, account),
        account=account,
        orphan_signal=signal.SIGKILL,  # as above
        answers=lambda: responds(address),
    )


def service_environment(settings: Settings, account: str | None = None) -> dict[str, str]:
    """Return the caller's environment with the settings in it, without what it was warned of or what they hold."""
    unnecessary = {*unknown_variables(), *PASSWORD_FILES.values(), *logins.PASSWORD_FILES.values()}
    return {
        **{name: value for name, value in os.environ.items() if name not in unnecessary},
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SAMVERKAN_PUBLIC_URL": settings.public_url,
        "SAMVERKAN_LOG_LEVEL": settings.log_level,
        "PYTHONUNBUFFERED": "1",  # a line shows when it is written
        **home_of(account),
    }


def refuse_unusable(address: Address) -> None:
    """Raise AddressUnusable if the API cannot listen at the address: taken, not this machine's, or not allowed."""
    try:
        family, kind, protocol, _, name = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(name)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressUnusable(
                f"Port {address.port} on {address.host} is in use by another program. "
                "Stop that program, or choose another port with --port."
            ) from error
        raise AddressUnusable(
            f"The API cannot listen at {address.host}, port {address.port}: {error.strerror}. "
            "Choose another with --host and --port."
        ) from error


def refuse_broken_catalogue() -> None:
    """Raise CatalogueUnusable, with every fault, before the services stumble over the first."""
    try:
        shipped_catalogue()
    except BrokenCatalogue as error:
        raise CatalogueUnusable(str(error)) from error


def answers(address: Address) -> bool:
    """Tell whether the API answers."""
    connection = http.client.HTTPConnection(address.reachable_host, address.port, timeout=1)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def responds(address: Address) -> bool:
    """Tell whether the API says anything: also a refusal, as it is under attack, shows that it does not hang."""
    connection = http.client.HTTPConnection(address.reachable_host, address.port, timeout=SECONDS_TO_RESPOND)
    try:
        connection.request("GET", "/health/live")
        connection.getresponse()
    except (http.client.HTTPException, ConnectionResetError, BrokenPipeError):
        return True
    except OSError:
        return False
    finally:
        connection.close()
    return True


class Touches:
    """Tells whether a file has been touched since the last time; no clock is compared."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = 0

    def __call__(self) -> bool:
        """Look."""
        try:
            touched = self._path.stat().st_mtime_ns
        except OSError:
            return False
        is_touched, self._last = touched != self._last, touched
        return is_touched


@contextmanager
def heartbeat_file(account: str | None = None) -> Iterator[Path]:
    """Yield a file for the worker, which runs as an account, to touch."""
    with TemporaryDirectory(prefix="samverkan-") as folder:
        give(Path(folder), account)
        yield Path(folder) / "worker"


def report(name: str, line: str) -> None:
    """Write a program's line to standard error, whole, with the time of day and the program's name.

    Where SAMVERKAN_LOG_FORMAT says json each is an object of JSON, PostgreSQL's and Valkey's too.
    """
    is_json = os.environ.get("SAMVERKAN_LOG_FORMAT", "").strip().lower() == "json"
    text = json_line(name, line) if is_json else f"{datetime.now().astimezone():%H:%M:%S} {name:>8} │ {line}"
    with suppress(OSError):  # nobody reads any more; the program must not be delayed by that
        os.write(sys.stderr.fileno(), f"{text}\n".encode())
