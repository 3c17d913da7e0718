"""A camera whose corridor is tiled is decoded large and looked at tile by tile; every other one as before."""

from typing import Any

import numpy as np

from pipewarden.inference.facts import ModelRef
from pipewarden.inference.rules import tiles_over
from pipewarden.kit.work import FactRef
from pipewarden.perceive.jobs import make_drain
from pipewarden.perceive.service import FULL, screened

FULL_HD = (1920, 1080)


class ScriptedTypes:
    """Calls everything an excavator."""

    ref = ModelRef(name="type", version="3", sha256="c" * 64)

    def classify(self, features: np.ndarray) -> list[tuple[str, float]]:
        return [("excavator", 0.9)] * len(features)


def test_a_camera_with_a_corridor_is_decoded_large_and_looked_at_in_tiles(bench: Any) -> None:
    machine = ("b", (1500, 700, 200, 160), 230)
    far, plain = (bench.observe(bench.jpeg(bench.street(machine, size=FULL_HD)), stream=name) for name in ("far", "b"))
    drain = make_drain(
        bench.detector, bench.look, ScriptedTypes(), bench.decoder, bench.blobs,
        corridor=lambda one: (0.6, 0.5, 1.0, 1.0) if one.stream == "far" else None,
    )  # fmt: skip
    drain(bench.work, [FactRef("sense.observed", one.stream, one.tenant_id, one.id) for one in (far, plain)])
    assert bench.detector.shapes[0] == (FULL[1], FULL[0], 3)
    assert bench.detector.shapes[-1] == (540, 960, 3), "the other camera is looked at as before"
    assert len(bench.detector.shapes) == 2 + len(tiles_over((0.6, 0.5, 1.0, 1.0), FULL_HD))
    seen = screened(bench.work, [far.id, plain.id])
    for one in (far, plain):
        (finding,) = seen[one.id].findings
        assert abs(finding.box.x - 1500) < 6
        assert abs(finding.box.w - 200) < 8
