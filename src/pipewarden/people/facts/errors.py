"""The two refusals of the access floor: HTTP answers 404 and 403 with the same words as the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import PipewardenError
from pipewarden.people.facts.factor import Lack

if TYPE_CHECKING:
    from pipewarden.people.facts.access import Actor
    from pipewarden.people.facts.privacy import Purpose


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


class LackingError(ForbiddenError):
    """The session lacks something before its roles count (HTTP 403 with ``code``); see ``Lack``."""

    lack = Lack.FACTOR

    @property
    def more(self) -> dict[str, object]:
        """Return the code that pages act on: ask for the second factor, or lead to where it is set up."""
        return {"code": f"lacks_{self.lack}"}

    @classmethod
    def by(cls, lack: Lack) -> LackingError:
        """Return the error for what a session lacks."""
        field, problem, fix = _LACKS[lack]
        made = cls(field=field, problem=problem, fix=fix)
        made.lack = lack
        return made


class StepUpError(ForbiddenError):
    """The act asks for a second factor that was given lately (HTTP 403 with ``code: step_up``)."""

    def __init__(self, permission: str, *, enrolled: bool) -> None:
        fix = "Give a code of your authenticator again." if enrolled else "Set up a second factor first."
        problem = "asks for a second factor that was given in the last minutes"
        super().__init__(field=permission, problem=problem, fix=fix)
        self.enrolled = enrolled

    @property
    def more(self) -> dict[str, object]:
        """Return the code, and whether a code is enough or a factor must be set up first."""
        return {"code": "step_up", "needs": Lack.FACTOR.value if self.enrolled else Lack.ENROLMENT.value}


class ConsentError(ForbiddenError):
    """The person whose data it would be has not agreed to the purpose (HTTP 403 with ``code: consent``)."""

    def __init__(self, purpose: Purpose, version: int) -> None:
        """Name what is to be agreed to."""
        super().__init__(
            field=f"consent.{purpose}",
            problem="is not given by the person whose data this would be, or is withdrawn",
            fix=f"Read version {version} at /v1/me/consents and agree there yourself; nobody can for you.",
        )
        self.purpose, self.version = purpose, version

    @property
    def more(self) -> dict[str, object]:
        """Return what pages ask the person for."""
        return {"code": "consent", "purpose": self.purpose.value, "version": self.version}


_LACKS = {
    Lack.FACTOR: (
        "second_factor",
        "was not given in this session",
        "Give a code of your authenticator, or a recovery code.",
    ),
    Lack.PASSWORD: ("password", "must be changed first", "Change it at /v1/session/password."),
    Lack.ENROLMENT: (
        "second_factor",
        "is owed by your role and the time to set it up is over",
        "Set one up: the desk's page of sign-ins, or POST /v1/factor.",
    ),
}


def refused(actor: Actor, permission: str) -> ForbiddenError:
    """Return why ``actor`` may not do ``permission``: it waits for a second factor, or no role has it at all."""
    if any(grant.permission == permission for grant in actor.waiting):
        return StepUpError(permission, enrolled=actor.enrolled)
    return LackingError.by(actor.lacks) if actor.lacks is not None else ForbiddenError.of(permission)
