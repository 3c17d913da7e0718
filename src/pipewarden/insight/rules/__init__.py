"""Pure decisions of insight: from cases to figures, to tables and to paper."""
