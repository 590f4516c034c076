"""Groups of settings that are read from environment variables: how a variable is named, and refused."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "SAMVERKAN_"


def _lower(text: object) -> object:
    return text.strip().lower() if isinstance(text, str) else text


def _filled(path: Path | None) -> Path | None:
    """Return the path of a file. Raises ValueError if it cannot be read, or is empty."""
    if path is not None and not content_of(path):
        raise ValueError("is empty")
    return path


def content_of(path: Path) -> str:
    """Return what a file holds, without blanks around it. Raises ValueError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError("cannot be read") from error


AnyCase = BeforeValidator(_lower)
"""Of a word that may be written in capitals, too."""
ReadableFile = Annotated[Path | None, AfterValidator(_filled)]


class UnusableSettings(Exception):
    """Variables are missing, or set to what they cannot be. The text names each with what is allowed, never its value.

    A value may be a secret, or hold one.
    """


class FromEnvironment(BaseSettings):
    """Settings whose fields are variables: the group's prefix and the field's name in capitals, or the field's alias.

    A field's description says what is allowed. A field that is a group itself has the variables of that group. Built
    with arguments, nothing is read from the environment.
    """

    model_config = SettingsConfigDict(
        frozen=True, env_prefix=PREFIX, env_ignore_empty=True, populate_by_name=True, str_strip_whitespace=True
    )

    @classmethod
    def settings_customise_sources(  # the library names them in the call
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments alone; `from_environment` makes them."""
        return (init_settings,)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the variables; one that is empty counts as not set.

        Raises:
            UnusableSettings: with all that are missing or cannot be used.
        """
        groups = {name: group.read(environment) for name, group in cls._groups().items()}
        settings, faults = cls.read(environment, **{name: group for name, (group, _) in groups.items() if group})
        faults += [fault for _, found in groups.values() for fault in found]
        if settings is None or faults:
            raise UnusableSettings("\n".join(faults))  # out of any handler, so that no traceback shows the values
        return settings

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return what is allowed, by the name of the variable; those of inner groups are not among them."""
        return {
            cls._variable(one.alias or name): cls.allowed(name)
            for name, one in cls.model_fields.items()
            if name not in cls._groups()
        }

    @classmethod
    def allowed(cls, name: str) -> str:
        """Say what a field may be."""
        return cls.model_fields[name].description or ""

    @classmethod
    def _groups(cls) -> "dict[str, type[FromEnvironment]]":
        fields = {name: one.annotation for name, one in cls.model_fields.items()}
        return {name: one for name, one in fields.items() if isinstance(one, type) and issubclass(one, FromEnvironment)}

    @classmethod
    def read(cls, environment: Mapping[str, str], **groups: object) -> tuple[Self | None, list[str]]:
        """Return the settings, or a line for each that is missing or cannot be used."""
        allowed = cls.variables()
        source = EnvSettingsSource(cls)
        source.env_vars = {name.lower(): value for name, value in environment.items() if value and name in allowed}
        given: dict[str, Any] = {**source(), **groups}
        try:
            return cls(**given), []
        except ValidationError as error:
            faults = {cls._variable(str(fault["loc"][0])): fault["type"] for fault in error.errors(include_input=False)}
        return None, [
            f"{name} {'is not set' if fault == 'missing' else 'cannot be used as it is'}. It must be {allowed[name]}."
            for name, fault in faults.items()
        ]

    @classmethod
    def _variable(cls, field: str) -> str:
        """Return the name of a field's variable; an alias is one already."""
        return field if field.isupper() else f"{cls.model_config['env_prefix']}{field.upper()}"
