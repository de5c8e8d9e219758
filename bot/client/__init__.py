"""What is true of any discord.py bot: replies, refusals, ticket controls, posting, rooms."""
