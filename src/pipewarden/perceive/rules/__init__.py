"""Pure decisions of perceive: what counts as a finding, which crop shows it, how alike two crops are."""

from pipewarden.perceive.rules.crops import square_crop
from pipewarden.perceive.rules.devices import weigh
from pipewarden.perceive.rules.evidence import draw
from pipewarden.perceive.rules.findings import Seen, findings_of, pixel_box
from pipewarden.perceive.rules.likeness import dhash, distance, unit

__all__ = ["Seen", "dhash", "distance", "draw", "findings_of", "pixel_box", "square_crop", "unit", "weigh"]
