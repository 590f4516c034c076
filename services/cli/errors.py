"""What prevents a command from doing its work, reported to a person: what is wrong, where, and how to mend it."""


class CommandError(Exception):
    """Ends the command with its text on standard error and no traceback."""

    exit_code = 1


class DataDirectoryInUse(CommandError):
    """Another command runs servers on the same data directory."""

    exit_code = 2


class DataDirectoryUnusable(CommandError):
    """The data directory cannot be made or read, or belongs to someone else."""

    exit_code = 2


class DataMissing(CommandError):
    """A command that works on what is there finds nothing."""

    exit_code = 2


class AddressUnusable(CommandError):
    """The API cannot listen where it should."""

    exit_code = 2


class CatalogueUnusable(CommandError):
    """The definitions of indicators and activity types have faults; the text lists them all."""

    exit_code = 2


class EmbeddedServerMissing(CommandError):
    """An embedded server is needed, and the extra `embedded` that carries it is not installed."""

    exit_code = 2


class ServerFailed(CommandError):
    """An embedded server did not start; the text holds the last lines it wrote."""


class ServiceFailed(CommandError):
    """The API or the worker ended before it was ready; the text holds the last lines it wrote."""


class MigrationFailed(CommandError):
    """The database and the migrations, or the migrations and the tables in code, do not fit together."""


class Disturbed(CommandError):
    """Others wrote what the command was to write, each time that it tried."""


class BackupFailed(CommandError):
    """No backup could be written, or none can be read."""


class RestoreRefused(CommandError):
    """A backup is not restored here: it is none, or it would replace what is there."""

    exit_code = 2


class StopRequested(CommandError):
    """Ctrl-C or SIGTERM came while something was being waited for."""

    exit_code = 0
