"""Locate: a finding gets its place on the ground, with its error."""
