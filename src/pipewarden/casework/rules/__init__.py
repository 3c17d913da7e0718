"""Casework decides here; no IO, no clock."""
