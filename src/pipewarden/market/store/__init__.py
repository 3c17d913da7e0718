"""The market's tables and every query on them."""
