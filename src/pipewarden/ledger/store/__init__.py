"""The tables of the book and every query on them."""
