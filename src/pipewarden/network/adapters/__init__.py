"""Makers of the network's ports."""

from pipewarden.network.adapters.files import FileReader

__all__ = ["FileReader"]
