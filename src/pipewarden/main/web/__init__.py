"""The HTTP face of the house: one mount per slice, one door for every request, one shape for every error."""
