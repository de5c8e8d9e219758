"""Members' door: slash commands read their options, call one service and show one card."""
