"""The use cases of operation: read how all stands, watch over it, give signs of life, switch things off."""

from pipewarden.operation.service.killing import DOORS, Door, kill, switches_known
from pipewarden.operation.service.reading import PAIRS, house_reading, tenant_reading
from pipewarden.operation.service.watching import (
    READ,
    beat,
    drill_at,
    faults_of_house,
    faults_seen,
    heartbeat_words,
    lasting,
    page_address,
    pages,
    tell_house,
    watch_house,
    watch_tenant,
)

__all__ = [
    "DOORS",
    "PAIRS",
    "READ",
    "Door",
    "beat",
    "drill_at",
    "faults_of_house",
    "faults_seen",
    "heartbeat_words",
    "house_reading",
    "kill",
    "lasting",
    "page_address",
    "pages",
    "switches_known",
    "tell_house",
    "tenant_reading",
    "watch_house",
    "watch_tenant",
]
