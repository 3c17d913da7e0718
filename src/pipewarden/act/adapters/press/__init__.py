"""The press: sheets become PDF/A in a process of their own, and docx."""

from pipewarden.act.adapters.press.press import ChildPress, PressLimits

__all__ = ["ChildPress", "PressLimits"]
