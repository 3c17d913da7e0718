"""Which pipes lie on a piece of ground, by metres."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipewarden.network import store
from pipewarden.network.facts import PressureClass, Stretch
from pipewarden.network.rules import stretches
from pipewarden.network.service.answers import hold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work

    Ring = Sequence[tuple[float, float]]

_CLASSES = tuple(PressureClass)  # the index keeps a class as its place here


def metres_in(work: Work, rings: Sequence[Ring], without: Sequence[Ring] = ()) -> list[Stretch]:
    """Return the pipes of the active networks of both regimes on a piece of ground, longest first.

    Args:
        work: whose network.
        rings: (lon, lat) corners in degrees WGS-84; ground that several of them hold counts once.
        without: ground that does not count, the same.
    """
    found: list[Stretch] = []
    for version in store.active_versions(work.session, work.tenant_id):
        network = hold(work, version).network
        summed: defaultdict[tuple[str, PressureClass], float] = defaultdict(float)
        for place, metres in stretches.along(network, rings, without).items():
            summed[network.ids[place], _CLASSES[network.classes[place]]] += metres
        found += [Stretch(pipe, version.regime, cls, metres) for (pipe, cls), metres in summed.items()]
    return sorted(found, key=lambda one: (-one.metres, one.pipe_id))
