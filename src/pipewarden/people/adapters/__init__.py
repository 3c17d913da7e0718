"""The real makers of people's ports."""
