"""Every limit is a setting: its default, what it may be, and that a wrong one is named at the start."""

import re
from pathlib import Path

import pytest

from shared.environment import PREFIX, UnusableSettings
from shared.limits import Limits
from shared.settings import Settings, unknown_variables

LIST = Path(__file__).parents[1] / "deploy" / "limits.md"
NEEDED = {"DATABASE_URL": "postgresql://host/name", "REDIS_URL": "redis://host"}


def field_of(variable: str) -> str:
    return variable.removeprefix("SAMVERKAN_LIMIT_").lower()


@pytest.mark.parametrize("variable", Limits.variables())
def test_a_limit_is_read_and_bounded(variable: str) -> None:
    name = field_of(variable)
    least, most = Limits.bounds(name)
    for bound in (least, most):
        read = Settings.from_environment({**NEEDED, variable: str(bound)})
        assert getattr(read.limits, name) == bound
    for wrong in (f"{most}0", "-1", "0", "many", "nan", "inf"):
        with pytest.raises(UnusableSettings) as refused:
            Settings.from_environment({**NEEDED, variable: wrong})
        assert str(refused.value) == f"{variable} cannot be used as it is. It must be {Limits.allowed(name)}."


def test_what_is_wrong_is_named_with_the_other_settings() -> None:
    with pytest.raises(UnusableSettings) as refused:
        Settings.from_environment({**NEEDED, "SAMVERKAN_LOG_LEVEL": "loud", "SAMVERKAN_LIMIT_HEAD_BYTES": "x"})
    assert [line.split()[0] for line in str(refused.value).splitlines()] == [
        "SAMVERKAN_LOG_LEVEL",
        "SAMVERKAN_LIMIT_HEAD_BYTES",
    ]


def test_every_limit_says_what_it_protects_and_its_unit() -> None:
    for variable, default, protects in Limits.table():
        assert protects, variable
        assert re.fullmatch(r"[\d.]+ [a-z]+s", default), f"{variable}: {default}"


def test_every_limit_is_listed_with_its_default() -> None:
    listed = dict(re.findall(r"`([A-Z_]+)` (\d+)", LIST.read_text(encoding="utf-8")))
    limits = {variable.removeprefix(f"{PREFIX}LIMIT_"): default.split()[0] for variable, default, _ in Limits.table()}
    assert listed == limits


def test_a_limit_that_is_none_is_named_with_the_nearest() -> None:
    assert unknown_variables({"SAMVERKAN_LIMIT_HEAD_BYTES": "5000"}) == {}
    [line] = unknown_variables({"SAMVERKAN_LIMIT_HEAD_BYTE": "5000"}).values()
    assert line.endswith("Is SAMVERKAN_LIMIT_HEAD_BYTES meant?")
    assert "SAMVERKAN_LIMITS" in unknown_variables({"SAMVERKAN_LIMITS": "{}"})
