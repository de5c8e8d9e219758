"""Reps: the group-study half of interview preparation, as a Discord bot."""
