"""Pairing: rounds in which everyone enrolled gets a partner at once."""
