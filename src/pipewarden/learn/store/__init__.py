"""The tables of learning and every query on them."""

from pipewarden.learn.store import manifests, models
from pipewarden.learn.store.manifests import ManifestRow
from pipewarden.learn.store.models import PublishedRow

__all__ = ["ManifestRow", "PublishedRow", "manifests", "models"]
