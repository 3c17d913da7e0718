"""What can be done in the market; the only writer."""

from pipewarden.market.rules.amounts import shown as shown_amount
from pipewarden.market.rules.amounts import units as read_amount

__all__ = ["read_amount", "shown_amount"]
