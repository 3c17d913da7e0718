"""Decisions of the book: what an order must be, what a book that stands so answers, how entries are chained."""
