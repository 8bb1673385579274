"""`python -m joseal`: the command line without its script."""

from joseal.cli import main

if __name__ == "__main__":
    main()
