"""What field does when time passes: nothing of it is ever a person's to remember."""
