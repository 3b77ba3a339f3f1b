"""Emulated devices that speak the real protocols over real sockets; the demo and the tests use the same ones."""
