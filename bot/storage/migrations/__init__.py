"""How the tables came to be: `env.py` says how to add a step."""
