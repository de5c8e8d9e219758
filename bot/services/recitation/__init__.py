"""Recitations: from being put together to the feedback that is opened."""
