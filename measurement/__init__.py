"""Counts over many observations, each with its unit: banners, addresses, devices."""
