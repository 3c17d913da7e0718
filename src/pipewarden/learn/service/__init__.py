"""The use cases of learning: data sets from labels and verdicts, and models published from them."""

from pipewarden.learn.service.datasets import export, make, manifest, manifests, members
from pipewarden.learn.service.reviews import reviewed

__all__ = ["export", "make", "manifest", "manifests", "members", "reviewed"]
