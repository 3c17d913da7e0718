"""The rules of Open311: how it is written, how strangers' lists are read, and what our states are in its words."""
