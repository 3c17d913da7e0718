"""The use cases of field."""
