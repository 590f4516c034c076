"""What makes one part of an import mapping unfit, whatever the others are; each is for pydantic's validators."""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic_core import PydanticCustomError

from shared.domain.case_numbers import UnfitPattern, check_pattern
from shared.domain.moment import EPOCHS, SPREADSHEET_DAYS, WEEKS

LONGEST_VALUE: Final = 500
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


def fit_value(value: object) -> object:
    """Return what a cell stands for as it is: a text or a number. Raises PydanticCustomError if it is neither."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise fault("is neither a text nor a number", "Write a text, in quotes, or a number.")
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        raise fault("is too long", f"Write at most {LONGEST_VALUE} characters.")
    return value


def fit_formats(forms: object) -> object:
    """Return the form of a date, or several, as they are. Raises PydanticCustomError if one is none."""
    for form in forms if isinstance(forms, list) else [] if forms is None else [forms]:
        _refuse_unfit(form)
    return forms


def _refuse_unfit(form: object) -> None:
    if not isinstance(form, str):
        raise fault("is not a text", "Write a text, in quotes.")
    if form in EPOCHS or form in {SPREADSHEET_DAYS, WEEKS}:
        return
    directives = re.findall(r"%(.?)", form.replace("%%", ""))
    dated = "j" in directives or ("d" in directives and not {"Y", "y", "m", "b", "B"}.isdisjoint(directives))
    if not directives or not set(directives) <= DIRECTIVES or not dated:
        words = ", ".join((*EPOCHS, SPREADSHEET_DAYS, WEEKS))
        remedy = f"Write it with %Y, %m, %d, %H, %M, %S, such as %d/%m/%Y, or one of {words}."
        raise fault("is not the format of a date", remedy)
    if len(set(directives)) < len(directives):
        raise fault("has a part twice", "Name each part of the date once.")
