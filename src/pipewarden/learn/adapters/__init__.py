"""The real makers of learning's ports."""
