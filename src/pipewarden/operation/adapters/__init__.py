"""The machine and the outside, as they are."""
