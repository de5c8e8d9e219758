"""Faces: per noun, the card that is seen and the controls that are pressed."""
