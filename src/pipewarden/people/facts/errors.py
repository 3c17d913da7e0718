"""The two refusals of the access floor: HTTP answers 404 and 403 with the same words as the command line."""

from __future__ import annotations

from pipewarden.kit.errors import PipewardenError


class NotFoundError(PipewardenError):
    """There is no such object for this actor; a foreign one and an absent one read the same (HTTP 404)."""

    exit_code = 5

    @classmethod
    def of(cls, kind: str) -> NotFoundError:
        """Return the error for an object of ``kind``; the words never depend on whether it exists elsewhere."""
        return cls(field=kind, problem="does not exist", fix="Check the id; you see what your role and area open.")


class ForbiddenError(PipewardenError):
    """The actor's roles do not permit the act at all (HTTP 403)."""

    exit_code = 6

    @classmethod
    def of(cls, permission: str) -> ForbiddenError:
        """Return the error for a permission that no membership of the actor gives."""
        return cls(
            field=permission,
            problem="is not permitted to your roles",
            fix="Ask an administrator of your tenant for a role that has it.",
        )
