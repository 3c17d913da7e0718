"""Devices over MQTT as a use case: each message in its tenant's own transaction, refused ones on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.adapters.mqtt import LARGEST, Broker, MqttDoor, Published, broker_of
from pipewarden.sense.facts import DeviceMessage

if TYPE_CHECKING:
    from threading import Event
    from uuid import UUID

    from pipewarden.kit.settings import Settings
    from pipewarden.main.home import Home

log = structlog.get_logger(__name__)
_BY_VALUE = (DataError, IntegrityError)  # the database speaks of the message, not of itself
# the house's own trouble: away, read-only, not migrated yet, a full disk, a spent pool; acknowledged, it would be lost
_PASSING = (DBAPIError, PoolTimeoutError, OSError)


def broker(settings: Settings) -> Broker:
    """Return the broker that the settings name.

    Raises:
        InputError: none is named, or its address or secret cannot be used.
    """
    if settings.mqtt_url is None:
        raise InputError(field="PIPEWARDEN_MQTT_URL", problem="is not set", fix="Write mqtts://host:8883.")
    return broker_of(
        settings.mqtt_url,
        client_id=settings.mqtt_client_id,
        plain=settings.mqtt_plain,
        user=settings.mqtt_user,
        password=None if settings.mqtt_password is None else settings.mqtt_password.get_secret_value(),
        ca=settings.mqtt_ca,
        thingsboard_tenant=settings.mqtt_thingsboard_tenant,
    )


def run(home: Home, stopping: Event) -> None:
    """Hear the broker of the home's settings until ``stopping`` is set.

    Raises:
        InputError: a setting cannot be used, or the broker refuses it.
    """
    fractions = SystemChance()
    door = MqttDoor(
        broker(home.settings),
        lambda told: hear(home, told),
        chance=lambda: int.from_bytes(fractions.bytes(16), "big") / 2**128,
    )
    door.run(stopping)


def hear(home: Home, told: Published) -> None:
    """Put one message on disk, or refuse it on record; returns only when either is done.

    Raises:
        UnavailableError: the database or the disk cannot keep it now; the message must come again.
    """
    try:
        tenant_id = _tenant(home, told.tenant)
        if tenant_id is None:
            log.warning("message of an unknown tenant", tenant=told.tenant[:64])
            return
        problem = _taken(home, tenant_id, told)
        if problem is not None:
            with home.factory.begin(tenant_id) as work:
                known = sense.note_refused(work, told.device, "".join(filter(str.isprintable, problem)))
            log.warning("message refused", device=told.device[:64], known=known, problem=problem)
    except _PASSING as error:
        raise UnavailableError(
            field="house",
            problem=f"cannot keep messages ({type(error).__name__})",
            fix="Look at database and disk; the broker keeps the message.",
        ) from error


def _taken(home: Home, tenant_id: UUID, told: Published) -> str | None:
    """Keep a message and return None, or why it is refused for good."""
    if len(told.content) > LARGEST:
        return f"is larger than {LARGEST >> 20} MB"
    try:
        with home.factory.begin(tenant_id) as work:
            sense.take_published(work, home.blobs, told.device, DeviceMessage(told.content, retained=told.retained))
    except UnavailableError:
        raise
    except PipewardenError as error:
        return str(error)
    except _BY_VALUE as error:
        log.warning("value refused by the database", device=told.device[:64], error=type(error).__name__)
        return "body: holds a value that cannot be stored. Send plain text and sane numbers."
    except _PASSING:
        raise
    except Exception as error:  # a message that breaks the house must not come back for ever
        kept = home.blobs.put(told.content)
        log.exception("message could not be read by the house, its body is kept", device=told.device[:64], sha256=kept)
        return f"the house itself failed ({type(error).__name__}); the body is kept as blob {kept}"
    return None


def _tenant(home: Home, key: str) -> UUID | None:
    with home.work() as work:
        return next((one.id for one in people.tenants(work, people.operator()) if one.key == key), None)
