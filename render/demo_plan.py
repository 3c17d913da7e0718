"""The demo's worlds in the order of their cameras (rendered 渲染)."""

from __future__ import annotations

from demo_day import DAY_WORLDS
from demo_dim import DIM_WORLDS
from demo_still import STILL_WORLDS

WORLDS = tuple(sorted((*DAY_WORLDS, *DIM_WORLDS, *STILL_WORLDS), key=lambda world: world.views[0].key))
