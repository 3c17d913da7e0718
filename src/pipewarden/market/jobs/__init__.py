"""What the market does when facts appear up-river, and when time passes."""
