"""What is known of models by their name: the scale of their boxes, how strictly they are bound, a picture's cost."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipewarden.inference.facts import BoxScale
from pipewarden.kit.errors import InputError


class Profile(BaseModel):
    """One entry of policy/vision/models.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    match: tuple[str, ...] = Field(min_length=1)
    scale: BoxScale
    multiple: int = Field(default=1, ge=1, le=1024)
    most_pixels: int = Field(default=0, ge=0)
    reply_format: Literal["schema", "object", "text"]
    limit_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    answer_tokens: int = Field(default=1000, ge=100, le=32000)
    picture_tokens: int = Field(ge=1, le=100_000)
    source: str


class Profiles(BaseModel):
    """policy/vision/models.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    profiles: tuple[Profile, ...] = Field(min_length=1)

    @field_validator("version", mode="before")
    @classmethod
    def _day(cls, told: object) -> str:
        return str(told)


def read_profiles(given: object, name: str) -> Profiles:
    """Return the profiles of a parsed YAML file.

    Raises:
        InputError: a key is missing or wrong; the field names it.
    """
    try:
        return Profiles.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            field=f"{name}:{'.'.join(str(part) for part in first['loc'])}",
            problem=str(first["msg"]),
            fix="Restore policy/vision from the release.",
        ) from error


def profile_of(model: str, profiles: Profiles, chosen: str | None = None) -> Profile:
    """Return the profile of a model's name, or the one that was chosen by hand.

    Raises:
        InputError: no profile is called as chosen.
    """
    if chosen is not None:
        by_name = {one.name: one for one in profiles.profiles}
        if chosen not in by_name:
            raise InputError(
                field="PIPEWARDEN_VISION_PROFILE",
                problem=f"{chosen!r} is no profile",
                fix=f"Choose from {', '.join(by_name)}, or leave it empty.",
            )
        return by_name[chosen]
    last = model.rsplit("/", 1)[-1].casefold()
    fitting = (one for one in profiles.profiles if any(fnmatchcase(last, each) for each in one.match))
    return next(fitting, profiles.profiles[-1])
