"""What the ablation found in the scene rules (bench/ablation.py)."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from pipewarden.judge.facts import Look, Rule
from pipewarden.judge.rules import RULES, Scene, Shown, Sight, View
from pipewarden.network.facts import Zone

TRENCH, MACHINE = (0.4, 0.5, 0.1, 0.1), (0.42, 0.2, 0.2, 0.4)
DAY_S = 86_400.0


def feature(turn: int) -> tuple[float, ...]:
    return tuple(np.eye(8)[turn].tolist())


def sight(picture: int, number: int, box: tuple[float, float, float, float], look: int) -> Sight:
    return Sight(UUID(int=picture), UUID(int=100 + number), DAY_S + 60.0 * picture, box, feature(look))


def scene(*sights: Sight) -> Scene:
    yesterday = tuple(Shown(60.0 * n, (TRENCH,), (feature(0),)) for n in range(4))
    view = View("cam-10", None, sights, before=yesterday)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Scene(UUID(int=1), Zone.OUTSIDE, None, True, DAY_S, DAY_S + 120, now, (view,))


def unchanged(at: Scene) -> Look:
    return RULES[Rule.UNCHANGED](at).look


def test_a_new_machine_at_a_trench_of_yesterday_is_a_change() -> None:
    """cam-10 of the demo: the open trench scored as a machine the day before, and belongs to the excavator's alarm."""
    both = scene(sight(1, 1, MACHINE, 1), sight(2, 2, MACHINE, 1), sight(2, 3, TRENCH, 0))
    assert unchanged(both) is Look.SILENT
    other_way = replace(both, views=(replace(both.views[0], sights=tuple(reversed(both.views[0].sights))),))
    assert unchanged(other_way) is Look.SILENT


def test_what_stood_there_yesterday_alone_is_unchanged() -> None:
    assert unchanged(scene(sight(1, 1, TRENCH, 0), sight(2, 2, TRENCH, 0))) is Look.FIRED
