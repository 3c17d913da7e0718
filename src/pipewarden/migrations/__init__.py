"""The database's history: every change up and down, run by the owner role, never by the app."""
