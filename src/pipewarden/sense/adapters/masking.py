"""The decoder whose pixels are masked before they come back: what everybody sees who need not know who is shown."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipewarden.inference.facts import ModelName
from pipewarden.inference.service import WEIGHTS, read_manifest
from pipewarden.kit.errors import InputError
from pipewarden.sense.adapters import masking_child
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.people.facts.privacy import MaskRules


def masking_decoder(rules: MaskRules, folder: Path = WEIGHTS) -> ChildDecoder:
    """Return a decoder that paints over faces, heads and plates; its child starts with the first picture.

    Args:
        rules: what is painted.
        folder: weights as they are shipped: a published screen never decides what is masked.

    Raises:
        InputError: the folder lacks one of the two nets.
    """
    cards = read_manifest(folder)
    missing = [name.value for name in (ModelName.FACES, ModelName.TEACHER) if name not in cards]
    if missing:
        fix = "Restore src/pipewarden/weights from the release."
        raise InputError(field="manifest.json", problem=f"has no entry {', '.join(missing)}", fix=fix)
    faces, teacher = cards[ModelName.FACES], cards[ModelName.TEACHER]
    told = asdict(rules)
    told.pop("source")
    more = (
        str(folder / faces.file),
        faces.ref.sha256,
        str(folder / teacher.file),
        teacher.ref.sha256,
        json.dumps(told),
    )
    return ChildDecoder(script=masking_child.__file__, more=more, eager=False)
