"""`python -m bot`: the operators' door."""

from bot.cli import main

if __name__ == "__main__":
    main()
