"""``python -m coverscan``."""

from coverscan.cli import main

main(prog_name="coverscan")
