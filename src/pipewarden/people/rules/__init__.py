"""Pure decisions of people: scopes, areas, passwords, waits, sessions, the audit chain, rosters."""
