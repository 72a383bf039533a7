"""`python -m recsae`: the same as the command `recsae`."""

from recsae.cli import main as main

if __name__ == "__main__":
    main()
