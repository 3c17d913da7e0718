"""The tables of field and every query on them."""
