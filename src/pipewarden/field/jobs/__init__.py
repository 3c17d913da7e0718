"""What field does when facts appear up-river, and when time passes: nothing of it is ever a person's to remember."""
