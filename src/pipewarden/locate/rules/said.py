"""Where a person or a device says that something is: as sure as the phone or the device was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.locate.facts import GroundPoint
from pipewarden.locate.rules.foot import Stood

if TYPE_CHECKING:
    from pipewarden.sense.facts import Told

RADIUS_95 = 2.4477  # sigmas that hold 95 of 100 points of a round normal in the plane: sqrt(-2 ln 0.05)
UNSAID_ACCURACY_M = 100.0  # a place without its accuracy: within sight of the speaker
LEAST_ACCURACY_M = 5.0  # no phone in a street does better, whatever it says
NO_PLACE = "the report says no place"
NO_DEVICE_PLACE = "the device says no place and has none"


def said_place(told: Told | None) -> Stood:
    """Return the place of a report or a device; without one, why not.

    Args:
        told: what was said; ``accuracy_m`` is the radius of 95 of 100 cases (W3C Geolocation), metres.
    """
    if told is None or told.lon is None or told.lat is None:
        return Stood(None, None, (), NO_PLACE if told is None or told.noticed is None else NO_DEVICE_PLACE)
    accuracy = UNSAID_ACCURACY_M if told.accuracy_m is None else max(told.accuracy_m, LEAST_ACCURACY_M)
    variance = (accuracy / RADIUS_95) ** 2
    spread = (variance, 0.0, variance)
    return Stood(GroundPoint(lon=told.lon, lat=told.lat, covariance=spread), spread, told.area, None)
