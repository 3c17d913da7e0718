"""How messages of other platforms are read, and how our lists are written for them."""
