"""What field does when time passes or facts appear up-river: nothing of it is ever a person's to remember."""
