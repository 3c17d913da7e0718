"""Inference: the one door to every model."""
