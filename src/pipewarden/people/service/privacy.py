"""Privacy rules in force; what is deleted when is ``retention``, what people agreed to is ``consents``."""

from __future__ import annotations

from pipewarden.people.store.privacy_file import privacy_policy

__all__ = ["privacy_policy"]
