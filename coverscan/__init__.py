"""The program: click commands (one file a verb), configuration and wiring. Imports everything; nothing imports it."""

__version__ = "0.3.0"
