"""Use cases: one public method is one transaction is one thing a person can do."""
