"""A text as a QR code for a page of ours (ISO/IEC 18004, by segno)."""

from __future__ import annotations

import io

import segno


def qr_of(text: str) -> str:
    """Return the code as one SVG element without a declaration, 2 modules of quiet around it."""
    made = io.BytesIO()
    segno.make(text, error="m", micro=False).save(made, kind="svg", scale=4, border=2, xmldecl=False, svgns=True)
    return made.getvalue().decode()
