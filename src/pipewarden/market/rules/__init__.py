"""Pure decisions: what a rule promises, what a cap leaves, what a call costs."""
