"""Network: pipes, zones and jurisdictions: where a dig matters."""
