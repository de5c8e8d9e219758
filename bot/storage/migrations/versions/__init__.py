"""The steps, in order; each moves one database forward, and back."""
