"""The feature net behind its port: crops in bounded batches, so that a crowded picture cannot take the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipewarden.inference.adapters.runner import output_order
from pipewarden.inference.rules import layout_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.inference.adapters.runner import Runner
    from pipewarden.inference.facts import Floats, ModelCard, Pixels

_BATCH = 16


class NetLook:
    """Frozen feature net: square crops to ``features`` (n, D)."""

    def __init__(self, card: ModelCard, runner: Runner) -> None:
        self.ref = card.ref
        self.layout = layout_of(card.inputs[0], card.ref.name)
        self.side = self.layout.width
        output = card.outputs[0]
        self.width = int(output.shape[1])
        self._runner = runner
        self._place = output_order(runner.outputs, output.name)[0]

    def features(self, crops: Sequence[Pixels]) -> Floats:
        """Return float32 (n, D) for BGR crops (side, side, 3); no crops give (0, D)."""
        parts = [
            self._runner.run(self.layout.batch(np.stack(crops[start : start + _BATCH])))[self._place]
            for start in range(0, len(crops), _BATCH)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.width), np.float32)
