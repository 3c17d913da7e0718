"""The real makers of the models' ports: files checked against the manifest, sessions on top."""

from pipewarden.inference.adapters.models import Models, open_models
from pipewarden.inference.adapters.runner import Engine

__all__ = ["Engine", "Models", "open_models"]
