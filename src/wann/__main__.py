"""``python -m wann``: the command line."""

from wann.cli import main

if __name__ == "__main__":  # worker processes import it under another name
    main()
