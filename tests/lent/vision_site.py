"""A question about a site as tests ask it: a schema with an enum and capped words, a crop and a frame."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from PIL import Image
from pydantic import Field, SecretStr
from vision_fake import KEY, envelope, fitting

from pipewarden.inference.facts import (
    Lost,
    Picture,
    PictureRole,
    Question,
    Reply,
    VisionAnswer,
    VisionModel,
)
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
        "vision_timeout_s": 2.0,
    }
    return Settings(**(told | more))  # type: ignore[arg-type]


@dataclass
class Scripted:
    """An endpoint behind the port that says what the test wrote down, one exchange after the other, then repeats.

    Attributes:
        contents: a model's words, or what was lost; ``None`` stands for the fitting answer.
        asked: the requests it got.
    """

    contents: list[str | Reply | Lost | None]
    about: VisionModel | None = field(
        default_factory=lambda: VisionModel(
            "test-vl", "https://vision.test", price_prompt=30_000, price_completion=90_000, timeout_s=20.0
        )
    )
    asked: list[dict[str, Any]] = field(default_factory=list)
    within: list[float] = field(default_factory=list)

    def send(self, body: bytes, within_s: float) -> Reply | Lost:
        request = json.loads(body)
        self.asked.append(request)
        self.within.append(within_s)
        said = self.contents[min(len(self.asked), len(self.contents)) - 1]
        if isinstance(said, Reply | Lost):
            return said
        return reply(json.dumps(fitting(request)) if said is None else said)


def reply(content: str, *, prompt: int = 1000, completion: int = 100) -> Reply:
    """Return a chat completion that counted its tokens."""
    body = envelope(content, usage={"prompt_tokens": prompt, "completion_tokens": completion}).decode()
    return Reply(200, "application/json", body, hashlib.sha256(body.encode()).hexdigest())
