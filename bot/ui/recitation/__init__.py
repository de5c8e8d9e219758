"""Recitation's faces: alone, in a room, by handing in, and what became of each."""
