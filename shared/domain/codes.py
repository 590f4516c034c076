"""The codes that areas have: Statistics Sweden's for counties and municipalities, made of words for places."""

from typing import Annotated, Final

from pydantic import Field

AREA_PATTERN: Final = r"^[A-Z]{2}$|^[a-z0-9]+(-[a-z0-9]+)*$"
LONGEST_AREA_CODE: Final = 80

AreaCode = Annotated[str, Field(pattern=AREA_PATTERN, max_length=LONGEST_AREA_CODE)]
