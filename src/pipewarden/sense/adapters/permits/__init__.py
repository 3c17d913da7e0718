"""Reads permit lists off the disk, bounded: nothing of a list is believed, and none can fill the memory."""
