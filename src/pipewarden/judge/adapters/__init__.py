"""Who may look a second time."""
