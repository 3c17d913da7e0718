"""Sense: any source becomes an observation."""
