"""The whole bot in a browser, without a token: a simulated Discord with members and a past."""
