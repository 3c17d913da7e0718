"""What can be done in the market; the only writer."""
