"""Perceive: an observation becomes findings."""
