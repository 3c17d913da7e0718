"""Questions with pictures to a model behind an endpoint, and the two things that can come back: Answer or Failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID


class VisionAnswer(BaseModel):
    """What every question with pictures is answered with; a question's own schema adds enums and capped strings.

    Unknown keys, numbers that are not finite and types that would have to be bent are refused.

    Attributes:
        image_id: the word the question carried; another word means that the answer is about something else.
        box: left, top, right, bottom of what the answer is about, None when it is nowhere; after reading always 0-1
            of the whole frame, whatever scale the model speaks.
        text_in_picture: what is written in the pictures, so that it can be looked at as evidence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    image_id: Annotated[str, Field(max_length=64)]
    box: tuple[float, float, float, float] | None
    text_in_picture: Annotated[str, Field(max_length=500)]


Told = TypeVar("Told", bound=VisionAnswer)


class PictureRole(StrEnum):
    """What a picture of a question is."""

    CROP = "crop"  # the thing itself, close
    FRAME = "frame"  # the whole picture, the box drawn by the house; the model's box refers to it


@dataclass(frozen=True, slots=True)
class Picture:
    """One JPEG of a question, drawn by the house from pixels."""

    role: PictureRole
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question(Generic[Told]):
    """Something to be told about pictures.

    Attributes:
        version: name and version of the question list, for instance ``site-check@3``.
        instructions: what the house asks, in the house's own words.
        schema: what the answer must fit.
        pictures: sent in this order; exactly one is the frame.
        notes: words from outside (scene note, a report, a file name) by name: evidence, never instructions.
    """

    version: str
    instructions: str
    schema: type[Told]
    pictures: tuple[Picture, ...]
    notes: Mapping[str, str] = field(default_factory=dict)


class FailureKind(StrEnum):
    """Why there is no answer; whatever the kind, a person looks instead."""

    # nothing was sent
    OFF = "off"  # a kill switch
    NOT_CONFIGURED = "not_configured"  # no endpoint in the settings
    NOT_ALLOWED = "not_allowed"  # the tenant lets no picture go there
    BUDGET = "budget"  # today's money is spent or reserved
    RATE = "rate"  # too many this minute
    BREAKER = "breaker"  # the endpoint failed thrice, it is left alone for a while
    BAD_QUESTION = "bad_question"  # no JPEG, too large, no frame
    # on the way
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    CUT = "cut"  # the connection broke off, or what came is not HTTP
    REDIRECT = "redirect"
    TOO_LONG = "too_long"
    ENCODING = "encoding"  # compressed, or not UTF-8
    # what the endpoint said instead of an answer
    KEY = "key"  # 401, 403
    BUSY = "busy"  # 429
    REJECTED = "rejected"  # any other 4xx
    SERVER = "server"  # 5xx
    NOT_JSON = "not_json"
    EMPTY = "empty"
    ENVELOPE = "envelope"  # JSON, but no chat completion
    # what the model said instead of an answer
    UNFINISHED = "unfinished"
    REFUSED = "refused"
    PROSE = "prose"
    DUPLICATE_KEY = "duplicate_key"
    NOT_FINITE = "not_finite"
    SCHEMA = "schema"
    WRONG_PICTURE = "wrong_picture"
    BOX = "box"
    # ourselves
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Flag:
    """Words that read like an instruction: where they stood and which pattern they fit.

    Attributes:
        where: ``note.<name>`` for words that went in, ``answer.<field>`` or ``answer`` for words that came back.
        pattern: id in policy/vision/words.yaml.
    """

    where: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange as the endpoint counts them; None when it does not say, or says what cannot be."""

    prompt: int
    completion: int


@dataclass(frozen=True, slots=True)
class Answer(Generic[Told]):
    """What the model told, in the form that was asked for.

    Attributes:
        call_id: the record, for ``replay``.
        value: its box is 0-1 of the frame.
        model: the model's name as the endpoint is asked for it.
        flags: words that read like an instruction; a person must look.
        repaired: the first answer was refused and the second one fits.
        cached: the same question about the same pictures was answered before.
        cost: in 0.0001 yuan; 0 when cached.
        ms: milliseconds of the exchanges together.
    """

    call_id: UUID
    value: Told
    model: str
    flags: tuple[Flag, ...] = ()
    repaired: bool = False
    cached: bool = False
    cost: int = 0
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer.

    Attributes:
        problem: in words, without secrets and without what strangers wrote.
        call_id: the record; None when nothing was sent.
        again_s: seconds after which asking again makes sense, where that is known.
        flags: words that read like an instruction, also in an answer that was no use.
        cost: in 0.0001 yuan.
        ms: milliseconds of the exchanges together.
    """

    kind: FailureKind
    problem: str
    call_id: UUID | None = None
    again_s: float | None = None
    flags: tuple[Flag, ...] = ()
    cost: int = 0
    ms: float = 0.0


class BoxScale(StrEnum):
    """What a model's coordinates mean."""

    UNIT = "unit"  # 0-1 of the picture
    THOUSAND = "thousand"  # 0-1000 of the picture
    PIXELS = "pixels"  # of the picture as the model has resized it


@dataclass(frozen=True, slots=True)
class VisionModel:
    """A model behind an endpoint: everything needed to ask it and to read what it says.

    Attributes:
        name: what the endpoint calls it.
        endpoint: scheme, host and port, as tenants allow it.
        scale: what its coordinates mean.
        multiple: for ``PIXELS``, the model rounds both sides to this many pixels; 1 leaves them.
        most_pixels: for ``PIXELS``, a larger picture is shrunk to so many; 0 leaves it.
        reply_format: ``schema``, ``object`` or ``text``: how strictly the endpoint can be bound.
        limit_name: what the endpoint calls the bound of an answer.
        answer_tokens: that bound.
        picture_tokens: most tokens that one picture may cost.
        price_prompt: of a million tokens that go in, in 0.0001 yuan.
        price_completion: of a million tokens that come out, in 0.0001 yuan.
        timeout_s: for one question, its repair included.
    """

    name: str
    endpoint: str
    scale: BoxScale = BoxScale.UNIT
    multiple: int = 1
    most_pixels: int = 0
    reply_format: str = "schema"
    limit_name: str = "max_tokens"
    answer_tokens: int = 1000
    picture_tokens: int = 4000
    price_prompt: int = 0
    price_completion: int = 0
    timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered, whatever it is.

    Attributes:
        body: text without the key; bytes that a database cannot keep are replaced.
        sha256: of the bytes that came.
        again_s: what Retry-After says, in seconds.
    """

    status: int
    content_type: str
    body: str = field(repr=False)
    sha256: str
    again_s: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """What happened instead of an answer.

    Attributes:
        sent: the endpoint may have taken the question, and may charge for it.
    """

    kind: FailureKind
    problem: str
    sent: bool


@dataclass(frozen=True, slots=True)
class VisionPolicy:
    """What a tenant permits; without one nothing leaves.

    Attributes:
        endpoints: scheme, host and port of every endpoint that may be sent a picture.
        budget: 0.0001 yuan a day (Asia/Shanghai).
        per_minute: questions a minute, also the most in one burst.
    """

    endpoints: tuple[str, ...]
    budget: int
    per_minute: int = 30


@dataclass(frozen=True, slots=True)
class VisionState:
    """How a tenant stands with an endpoint today.

    Attributes:
        allowed: the tenant lets pictures go there.
        spent: 0.0001 yuan that are gone today.
        reserved: 0.0001 yuan of questions under way, or never heard of again.
        failures: in a row, until now.
        open_until: the endpoint is left alone until then.
    """

    allowed: bool
    budget: int
    spent: int
    reserved: int
    failures: int
    open_until: datetime | None


@dataclass(frozen=True, slots=True)
class VisionUsage:
    """What the questions of one day (Asia/Shanghai) and one outcome came to.

    Attributes:
        outcome: ``answer``, ``cached``, ``pending``, or what it failed of.
        prompt_tokens: sent, as the endpoint counted them; ``completion_tokens`` received. Cached ones cost none.
        cost: in 0.0001 yuan.
    """

    day: date
    outcome: str
    questions: int
    prompt_tokens: int
    completion_tokens: int
    cost: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question in the form in which the door asks, for nobody to answer: to learn from.

    Attributes:
        image_id: the word that stands for exactly these pictures.
        messages: of a chat completion, a picture as ``sha256:…``.
        jpegs: bare pictures by SHA-256, in the order of the messages.
    """

    image_id: str
    messages: tuple[Mapping[str, object], ...]
    jpegs: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class VisionCall:
    """One recorded question, as people look through them.

    Attributes:
        outcome: ``pending``, ``answer``, ``cached`` or a ``FailureKind``.
        pictures: SHA-256 of each picture as it was sent.
        prompt_tokens: as the endpoint counted; None when it did not say.
    """

    id: UUID
    question: str
    model: str
    endpoint: str
    outcome: str
    problem: str | None
    pictures: tuple[str, ...]
    request_sha256: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: int
    ms: float | None
    at: datetime
