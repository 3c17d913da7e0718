"""The foundry's numbers as a file says them: checked when they are read, so that nothing sells by a typing slip."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipewarden.kit.errors import InputError

WHOLE = 10_000
Parts = Annotated[int, Field(ge=0, le=WHOLE)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExamplesPolicy(_Given):
    """What an example classifier needs; see the file for each number."""

    least: Annotated[int, Field(ge=2)]
    frozen: Annotated[int, Field(ge=1)]
    most: Annotated[int, Field(ge=10, le=10_000)]
    folds: Annotated[int, Field(ge=2, le=20)]
    alike: Annotated[float, Field(gt=0, le=1)]
    right: Annotated[float, Field(gt=0.5, le=1)]


class ReviewPolicy(_Given):
    """How many others must accept a version."""

    accepts: Annotated[int, Field(ge=1, le=10)]


class ContractPolicy(_Given):
    """How a price is shared where nothing else was agreed; parts of ten thousand."""

    expert: Parts
    house: Parts
    reviewers: Parts
    notice_days: Annotated[int, Field(ge=0, le=366)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.expert + self.house + self.reviewers != WHOLE:
            raise ValueError(f"the three parts must sum to {WHOLE}")
        return self


class CanaryPolicy(_Given):
    """How a new version is tried on few calls first."""

    most_percent: Annotated[int, Field(ge=1, le=100)]
    least_calls: Annotated[int, Field(ge=1)]
    most_failed: Annotated[float, Field(ge=0, le=1)]


class CallsPolicy(_Given):
    """What is kept of calls, and how many are free."""

    tries_a_day: Annotated[int, Field(ge=0)]
    kept_days: Annotated[int, Field(ge=1)]
    picture_mb: Annotated[int, Field(ge=1, le=25)]


class FoundryPolicy(_Given):
    """All of it."""

    version: Annotated[str, Field(min_length=1, max_length=60)]
    source: str
    examples: ExamplesPolicy
    review: ReviewPolicy
    contract: ContractPolicy
    canary: CanaryPolicy
    calls: CallsPolicy


def read_foundry(body: object, source: str) -> FoundryPolicy:
    """Return the numbers in ``body`` (a parsed document).

    Raises:
        InputError: a key is missing, unknown or of a wrong kind, or the parts of a contract do not sum.
    """
    try:
        return FoundryPolicy.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(field=f"{source}: {where}", problem=str(first["msg"]), fix="Correct it.") from error
