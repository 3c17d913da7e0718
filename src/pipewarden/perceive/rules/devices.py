"""What a device's word is worth before anybody has looked: a clue for a person, never more than our own eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.perceive.facts import Finding, FindingClass
from pipewarden.sense.facts import DeviceKind

if TYPE_CHECKING:
    from collections.abc import Iterable

# it says that ground is moved or a machine is there; what merely moves, crosses a line or closes a contact does not
CLUES = frozenset(
    {DeviceKind.MACHINERY, DeviceKind.MACHINERY_AT, DeviceKind.VIBRATION, DeviceKind.GROUND_CHANGE, DeviceKind.METHANE}
)


def weigh(noticed: DeviceKind, seen: Iterable[Finding]) -> tuple[FindingClass, bool]:
    """Return the class of a device's word and whether it raises an alarm.

    Args:
        noticed: by the device.
        seen: what our own eye found on the picture that came with it; a machine there lifts any word to a clue.
    """
    if noticed is DeviceKind.METHANE:
        return FindingClass.GAS_LEAK, True
    machine = any(one.raises and one.cls is FindingClass.MACHINE for one in seen)
    return FindingClass.DEVICE, machine or noticed in CLUES
