"""Other people's devices: who they are, what goes on at them, and what became of one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class DeviceKind(StrEnum):
    """What a device noticed, as far as it matters to a pipe."""

    MACHINERY = "machinery"  # its own detector calls it a machine or a lorry
    MACHINERY_AT = "machinery_at"  # a machine's own GPS
    VIBRATION = "vibration"  # fibre (DAS) or a sensor on the pipe
    GROUND_CHANGE = "ground_change"  # between two satellite or drone pictures
    METHANE = "methane"  # laser or point sensor
    PERSON = "person"
    MOTION = "motion"  # something moved, nobody says what
    INTRUSION = "intrusion"  # a line or field was crossed
    INPUT = "input"  # a contact closed
    TAMPER = "tamper"  # the device itself was moved, covered or changed
    STATE = "state"  # how the device is, not what it sees
    OTHER = "other"


class Ended(StrEnum):
    """Why an alarm of a device is over."""

    SAID = "said"  # the device said so
    SILENT = "silent"  # it said nothing more for its time
    RETIRED = "retired"  # the device was taken out


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device as somebody registers it.

    Attributes:
        key: unique in the tenant; letters, digits, dot, dash and underscore, because it stands in topics.
        dialect: one of the built-in ones, the name of a shipped field map, or ``own`` with ``field_map``.
        lon: where it stands, or what it watches, degrees WGS-84; None for what moves or names its places.
        lat: the same.
        accuracy_m: radius about its place that holds what it notices in 95 of 100 cases, metres.
        line: (chainage in metres, lon, lat) of markers along a fibre or a pipe, for a device that says only a chainage.
        camera_id: the registered camera that its pictures come from.
        senders: the API keys that may speak for it over HTTP; over MQTT the broker's access list decides.
        silence_s: after so many seconds without a word what goes on at it is over; None for its dialect's own.
        field_map: a map of its own, as policy/devices writes them.
    """

    key: str
    name: str
    dialect: str
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    line: tuple[tuple[float, float, float], ...] = ()
    camera_id: UUID | None = None
    senders: tuple[UUID, ...] = ()
    silence_s: float | None = None
    field_map: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device; what is not said here means what it means in ``NewDevice``.

    Attributes:
        retired_at: from then on nobody may speak for it.
        heard_at: when it last said something that could be read.
        refused: how many of its messages were refused; ``problem`` and ``problem_at`` are the last one's.
    """

    id: UUID
    tenant_id: UUID
    key: str
    name: str
    dialect: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    line: tuple[tuple[float, float, float], ...]
    camera_id: UUID | None
    senders: tuple[UUID, ...]
    silence_s: float
    field_map: Mapping[str, Any] | None
    created_at: datetime
    retired_at: datetime | None = None
    heard_at: datetime | None = None
    refused: int = 0
    problem: str | None = None
    problem_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceAlarm:
    """One thing that goes on at a device: its repeats are counted here and go no farther.

    Attributes:
        originator: the device's own id of who noticed it.
        threads: the sender's ids of it that have not ended; empty where it names none.
        lon: where, as last told downstream; None where nobody knows.
        lat: the same.
        accuracy_m: radius of 95 of 100 cases, metres.
        first_at: its time of the first message; ours where its clock is missing or wrong.
        last_at: the same of the newest.
        silent_at: it is over when nothing more is heard by then.
        count: messages that were joined.
        told: observations that were made of it: one, one more for each place it moved to, and for each few hours.
        told_at: when the last was.
        extra: fields of the newest message that nobody used, as they came.
    """

    id: UUID
    tenant_id: UUID
    device_id: UUID
    originator: str
    kind: DeviceKind
    label: str
    threads: tuple[str, ...]
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    first_at: datetime
    last_at: datetime
    silent_at: datetime
    count: int = 1
    told: int = 0
    told_at: datetime | None = None
    score: float | None = None
    value: float | None = None
    unit: str | None = None
    words: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    ended_at: datetime | None = None
    ended_by: Ended | None = None


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One message on its way in.

    Attributes:
        picture: JPEG, PNG, WebP or HEIC bytes that came beside it; empty without one.
        retained: a broker had kept it; only one that tells a time of the last hour is no junk.
    """

    content: bytes
    picture: bytes = b""
    retained: bool = False


@dataclass(frozen=True, slots=True)
class DeviceHeard:
    """What became of one thing that a device said.

    Attributes:
        alarm: None where it ended, or spoke of, something that nobody knows.
        observation_id: of the observation that it made; None for a repeat, an end, or an echo.
    """

    alarm: DeviceAlarm | None
    observation_id: UUID | None
