"""``python -m wann``: the command line."""

from wann.cli import main

main()
