"""Where the shipped role book and the policy of sign-ins lie: files of the package."""

from __future__ import annotations

from importlib import resources

FILE = "policy/roles.yaml"
SIGN_IN = "policy/sign_in.yaml"


def text(name: str = FILE) -> str:
    """Return one of the files as shipped."""
    return resources.files("pipewarden").joinpath(name).read_text(encoding="utf-8")
