"""Pure decisions of operation: which reading is a fault, and whom it is told when."""

from pipewarden.operation.rules.faults import LIMITS, Limits, of_house, of_tenant, tells

__all__ = ["LIMITS", "Limits", "of_house", "of_tenant", "tells"]
