"""The market over HTTP, a file per subject."""
