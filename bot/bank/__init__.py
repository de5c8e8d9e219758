"""The reading room: files under data/bank become validated drafts; no database, no Discord."""
