"""The world as sense meets it: decoder and video children, pictures on disk, streams on the network."""
