"""Calls of other systems: signed, to addresses that may be called, until they take."""
