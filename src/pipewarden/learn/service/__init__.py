"""The use cases of learning: data sets from labels and verdicts, and models published from them."""

from pipewarden.learn.service.datasets import export, make, manifest, manifests, members, withheld
from pipewarden.learn.service.models import (
    challenge,
    lineage,
    model,
    models,
    models_behind,
    promote,
    publish,
    registry,
    rollback,
)
from pipewarden.learn.service.outcomes import READ as READ_OUTCOMES
from pipewarden.learn.service.outcomes import catch_up, conclude, outcome_figures, outcomes, rendered_sites
from pipewarden.learn.service.pairs import export_pairs
from pipewarden.learn.service.reviews import reviewed
from pipewarden.learn.store import OutcomeFilter

__all__ = [
    "READ_OUTCOMES",
    "OutcomeFilter",
    "catch_up",
    "challenge",
    "conclude",
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
    "outcome_figures",
    "outcomes",
    "promote",
    "publish",
    "registry",
    "rendered_sites",
    "reviewed",
    "rollback",
    "withheld",
]
