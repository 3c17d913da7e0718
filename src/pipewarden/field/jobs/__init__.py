"""What field does when facts appear up-river."""
