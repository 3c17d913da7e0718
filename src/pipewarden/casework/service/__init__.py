"""The use cases of casework: open sites from alarms, let people act on them, show them to who may see them."""

from pipewarden.casework.service.files import StepRefusedError, append, open_site

__all__ = ["StepRefusedError", "append", "open_site"]
