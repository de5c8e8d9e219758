"""Time's door: one module per recurring duty, each a thin loop over a service."""
