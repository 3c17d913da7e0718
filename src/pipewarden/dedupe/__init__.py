"""Dedupe: placements become one alarm per site."""
