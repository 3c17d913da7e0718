"""The tables of learning and every query on them."""

from pipewarden.learn.store import manifests, models, outcomes
from pipewarden.learn.store.manifests import ManifestRow
from pipewarden.learn.store.models import PublishedRow
from pipewarden.learn.store.outcomes import OUTCOMES, OutcomeFilter, OutcomeRow

__all__ = [
    "OUTCOMES",
    "ManifestRow",
    "OutcomeFilter",
    "OutcomeRow",
    "PublishedRow",
    "manifests",
    "models",
    "outcomes",
]
