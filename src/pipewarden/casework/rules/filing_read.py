"""Reading what somebody files, as a form, a GeoJSON file or a list says it: one reading for every door."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.casework.facts import Hours, Method, Party, PartyRole, Works
from pipewarden.casework.rules.contractor import credit_code
from pipewarden.casework.rules.filing_days import edge
from pipewarden.casework.rules.filing_life import check_works
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

_Words = Annotated[str, Field(max_length=200)]


class _Loose(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True)


class _Hours(_Loose):
    opens: Annotated[time, Field(alias="from")]
    shuts: Annotated[time, Field(alias="to")]


class _Party(_Loose):
    role: PartyRole
    name: _Words
    contact: _Words = ""
    code: Annotated[str, Field(max_length=30)] = ""


class _Given(_Loose):
    method: str
    valid_from: str
    valid_until: str
    machines: Annotated[list[str], Field(max_length=20)] = []
    depth_m: float | None = None
    hours: _Hours | None = None
    parties: list[_Party] = []
    urgent: bool = False
    words: Annotated[str, Field(max_length=2000)] = ""


def read_works(given: Mapping[str, object], *, place: str, area: bytes, zone: ZoneInfo) -> Works:
    """Return the works that a mapping of plain values describes.

    Args:
        given: ``method``, ``valid_from``, ``valid_until`` (a date is a whole local day, the last one included), and as
            far as known ``machines``, ``depth_m``, ``hours`` (``from``, ``to``), ``parties`` (``role``, ``name``,
            ``contact``), ``urgent``, ``words``. From which list works come is no word of who files.
        place: the jurisdiction.
        area: WKB, as ``filing_ground.read_area`` gives it.
        zone: of the place.

    Raises:
        InputError: a key is missing, unknown or of a wrong kind, the method is not of the list, a date is none, or the
            works cannot be meant (``filing_life.check_works``).
    """
    try:
        read = _Given.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "works"
        raise InputError(field=field, problem=str(first["msg"]), fix="See docs/filings.md for the fields.") from error
    works = Works(
        place=place,
        area=area,
        method=read_method(read.method),
        valid_from=edge(read.valid_from, zone, field="valid_from", last=False),
        valid_until=edge(read.valid_until, zone, field="valid_until", last=True),
        machines=tuple(dict.fromkeys(read.machines)),
        depth_m=read.depth_m,
        hours=None if read.hours is None else Hours(read.hours.opens, read.hours.shuts),
        parties=tuple(Party(one.role, one.name, one.contact, credit_code(one.code)) for one in read.parties),
        urgent=read.urgent,
        words=read.words,
    )
    check_works(works)
    return works


def read_method(text: str) -> Method:
    """Return the method of this name; InputError when it is not of the list."""
    try:
        return Method(text)
    except ValueError as error:
        known = ", ".join(Method)
        raise InputError(field="method", problem=f"{text[:40]!r} is no known method", fix=f"Take {known}.") from error
