"""Permit and one-call lists into one neutral fact, pure: mappings are data, days are the place's own."""

from pipewarden.sense.rules.permits.mapping import PermitMapping, read_mapping
from pipewarden.sense.rules.permits.numbering import missing
from pipewarden.sense.rules.permits.reading import identity, no_permit, numbered, read_row
from pipewarden.sense.rules.permits.revisions import held, order

__all__ = ["PermitMapping", "held", "identity", "missing", "no_permit", "numbered", "order", "read_mapping", "read_row"]
