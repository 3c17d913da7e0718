"""The tables of learning and every query on them."""

from pipewarden.learn.store import manifests
from pipewarden.learn.store.manifests import ManifestRow

__all__ = ["ManifestRow", "manifests"]
