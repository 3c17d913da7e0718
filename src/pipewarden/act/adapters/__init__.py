"""The real makers of act's channels: robots and mail by apprise, signed webhooks, and a log that says it is one."""
