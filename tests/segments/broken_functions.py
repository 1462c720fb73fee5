"""A module of segment functions as one in the middle of being written."""

raise ImportError("there is no module called “numbers_of_tomorrow”")
