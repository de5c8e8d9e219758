"""Memory: the engine, the tables, shared queries and migrations."""
