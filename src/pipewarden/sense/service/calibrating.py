"""Another calibration for a camera that stands; what it is worth is locate's to say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.sense import store

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Camera


def hold_camera(work: Work, camera_id: UUID) -> Camera:
    """Return a camera of the tenant as it is, locked until the transaction ends."""
    return store.hold_camera(work.session, work.tenant_id, camera_id)


def calibrate(
    work: Work, camera: Camera, calibration: dict[str, object] | None, image_size: tuple[int, int] | None
) -> Camera:
    """Give a camera, held by ``hold_camera``, another calibration; everything else of it stays.

    Args:
        work: of the camera's tenant.
        camera: as it is.
        calibration: the ``calibration`` part of camera.yaml; None takes it away.
        image_size: width, height in pixels that it refers to.
    """
    return store.put_camera(work.session, replace(camera, calibration=calibration, image_size=image_size), work.now())
