"""What makes one part of an import mapping unfit, whatever the others are; each is for pydantic's validators."""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic_core import PydanticCustomError

from shared.domain.case_numbers import UnfitPattern, check_pattern
from shared.domain.moment import EPOCHS, SPREADSHEET_DAYS, WEEKS

DIRECTIVES: Final = frozenset("aAbBdHIjmMpSfyYzZ%")


def fault(reason: str, remedy: str) -> PydanticCustomError:
    """Return what a validator raises, to be told with a remedy."""
    return PydanticCustomError("mapping", "{reason}", {"reason": reason, "remedy": remedy})


def known_zone(name: str) -> str:
    """Return the name of a time zone as it is. Raises PydanticCustomError if it is none."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise fault("is not a time zone", "Write a name such as Europe/Stockholm.") from None
    return name


def fit_case_numbers(pattern: str) -> str:
    """Return a pattern of case numbers as it is. Raises PydanticCustomError if it says nothing of their form."""
    try:
        return check_pattern(pattern)
    except UnfitPattern as error:
        raise fault(str(error), "Write the form of your case numbers, such as [0-9]{6}-[0-9]{4}.") from None


def fit_delimiter(delimiter: str) -> str:
    """Return what parts columns as it is. Raises PydanticCustomError if it cannot."""
    if delimiter in '"\r\n\0 ':
        raise fault("cannot part columns", "Use a comma, a semicolon or a tab.")
    return delimiter


def fit_template(template: str) -> str:
    """Return a template as it is. Raises PydanticCustomError unless it has a place for a cell."""
    if "{}" not in template or template.replace("{}", "").count("{") or template.replace("{}", "").count("}"):
        raise fault("must hold {} once, where the cell goes", "Write it as 1282-{}.")
    return template


def fit_format(form: str) -> str:
    """Return the form of a date as it is. Raises PydanticCustomError if it is none."""
    if form in EPOCHS or form in {SPREADSHEET_DAYS, WEEKS}:
        return form
    directives = re.findall(r"%(.?)", form.replace("%%", ""))
    dated = "j" in directives or ("d" in directives and not {"Y", "y", "m", "b", "B"}.isdisjoint(directives))
    if not directives or not set(directives) <= DIRECTIVES or not dated:
        words = ", ".join((*EPOCHS, SPREADSHEET_DAYS, WEEKS))
        remedy = f"Write it with %Y, %m, %d, %H, %M, %S, such as %d/%m/%Y, or one of {words}."
        raise fault("is not the format of a date", remedy)
    if len(set(directives)) < len(directives):
        raise fault("has a part twice", "Name each part of the date once.")
    return form
