"""The doors of field: for phones that are signed in, and for anybody who sees works."""
