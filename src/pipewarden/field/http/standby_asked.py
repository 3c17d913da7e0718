"""What the phone of a standby supervisor sends; a field we do not know is an error."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID  # noqa: TC003  pydantic reads it

from fastapi import UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, WithJsonSchema

from pipewarden.field.facts.standby import NewCheck, Stood
from pipewarden.field.http.placed import Placed
from pipewarden.kit.web import Asked, Clean, Moment, Name

MaybePicture = Annotated[
    UploadFile | None,
    Field(description="JPEG, PNG, WebP or HEIC, at most 25 MB."),
    WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"}),
]


class StoodIn(Placed):
    """Where a phone is; always with its system and its error."""

    accuracy_m: Annotated[float, Field(ge=0, le=100_000, description="Radius of 95 of 100 cases (W3C Geolocation).")]
    source: Annotated[Literal["device", "map"], Field(description="map: a finger said it.")] = "device"

    def fact(self) -> Stood:
        """Return the place in degrees WGS-84."""
        return Stood(*self.lonlat(), self.accuracy_m, finger=self.source == "map")


class StandbyBeginIn(Asked):
    """A shift begins."""

    draft: Annotated[UUID, Field(description="The phone's own id of it; sent again it is the same.")]
    place: StoodIn
    nonce: Annotated[str, Field(max_length=200, description="Not needed here."), Clean] | None = None


class StandbyEndIn(Asked):
    """A shift ends."""

    draft: UUID
    place: StoodIn


class StandbyStopIn(Asked):
    """Two taps: which violation, and yes."""

    draft: UUID
    place: StoodIn
    violation: Annotated[str, Field(min_length=1, max_length=60, description="A code of the list."), Clean]
    words: Annotated[str, Field(max_length=1500), Clean] | None = None


class StandbyCheckIn(Asked):
    """The check of an hour."""

    draft: UUID
    place: StoodIn
    nonce: Annotated[str, Field(max_length=200, description="Of /v1/captures."), Clean] | None = None
    checklist: Annotated[dict[str, bool], Field(max_length=40, description="Lines of the list, answered.")]
    gas_ppm: Annotated[float | None, Field(ge=0, le=1_000_000, description="Volume parts per million.")] = None
    machines: Annotated[list[Name], Field(max_length=20, default_factory=list)]
    distance_m: Annotated[float | None, Field(ge=0, le=1000, description="From the works to the pipe.")] = None
    exposed: Annotated[bool | None, Field(description="The pipe lies bare.")] = None
    words: Annotated[str, Field(max_length=1500), Clean] | None = None
    taken_at: Annotated[Moment | None, Field(description="By the phone's clock, where it was made offline.")] = None

    def fact(self, picture: bytes | None) -> NewCheck:
        """Return the check with its picture."""
        return NewCheck(
            draft=self.draft,
            stood=self.place.fact(),
            nonce=self.nonce,
            checklist=self.checklist,
            gas_ppm=self.gas_ppm,
            machines=tuple(self.machines),
            distance_m=self.distance_m,
            exposed=self.exposed,
            words=self.words or "",
            taken_at=self.taken_at,
            picture=picture,
        )


class StandbyCheckForm(Asked):
    """A check on its way in."""

    check: Annotated[str, Field(max_length=20_000, description="JSON: StandbyCheckIn.")]
    picture: MaybePicture = None


def parsed(kind: type[BaseModel], body: str, part: str) -> BaseModel:
    """Return what the JSON part of a form says.

    Raises:
        RequestValidationError: a key of it is wrong (422), named below the part.
    """
    try:
        return TypeAdapter(kind).validate_json(body)
    except ValidationError as error:
        told = error.errors(include_context=False, include_input=False, include_url=False)
        raise RequestValidationError([{**one, "loc": ("body", part, *one["loc"])} for one in told]) from error
