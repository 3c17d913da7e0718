"""A question about a site as tests ask it: a schema with an enum and capped words, a crop and a frame."""

from __future__ import annotations

import io
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from PIL import Image
from pydantic import Field, SecretStr
from vision_fake import KEY

from pipewarden.inference.facts import Picture, PictureRole, Question, VisionAnswer
from pipewarden.kit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping


class SiteVerdict(StrEnum):
    """What may be said about a site."""

    DIGGING = "digging"
    NOTHING = "nothing"
    UNSURE = "unsure"


class SiteAnswer(VisionAnswer):
    """What is told about a site."""

    verdict: SiteVerdict
    confidence: Annotated[float, Field(ge=0, le=1)]
    reason: Annotated[str, Field(max_length=300)]


def jpeg(width: int = 640, height: int = 360, colour: str = "olive", **saved: object) -> bytes:
    """Return a picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG", **saved)  # type: ignore[arg-type]
    return out.getvalue()


def question(
    notes: Mapping[str, str] | None = None, *, version: str = "site-check@1", colour: str = "olive"
) -> Question[SiteAnswer]:
    """Return a question about a crop and a frame of one colour."""
    return Question(
        version=version,
        instructions="Is a machine digging here?",
        schema=SiteAnswer,
        pictures=(
            Picture(PictureRole.CROP, jpeg(224, 224, colour)),
            Picture(PictureRole.FRAME, jpeg(640, 360, colour)),
        ),
        notes=notes or {},
    )


def settings(url: str, **more: object) -> Settings:
    """Return the settings of an endpoint: 3 yuan a million tokens in, 9 out."""
    told = {
        "vision_url": url,
        "vision_model": "test-vl",
        "vision_key": SecretStr(KEY),
        "vision_price_prompt": 30_000,
        "vision_price_completion": 90_000,
        "vision_timeout_s": 1.0,
    }
    return Settings(**(told | more))  # type: ignore[arg-type]
