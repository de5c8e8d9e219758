"""Selects that are shared, long or locking; a one-line select stays in its service."""
