"""The ways of exchange to the outside."""
