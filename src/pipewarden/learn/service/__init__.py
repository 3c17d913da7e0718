"""The use cases of learning: data sets from labels and verdicts, and models published from them."""

from pipewarden.learn.service.datasets import export, make, manifest, manifests, members
from pipewarden.learn.service.models import (
    challenge,
    lineage,
    model,
    models,
    models_behind,
    promote,
    publish,
    rollback,
)
from pipewarden.learn.service.pairs import export_pairs
from pipewarden.learn.service.reviews import reviewed

__all__ = [
    "challenge",
    "export",
    "export_pairs",
    "lineage",
    "make",
    "manifest",
    "manifests",
    "members",
    "model",
    "models",
    "models_behind",
    "promote",
    "publish",
    "reviewed",
    "rollback",
]
