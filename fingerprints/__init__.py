"""Turns observations into identifications: who made a device, and how sure that is."""
