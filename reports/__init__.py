"""Replacement planning and everything that is shown: one document, many renderers."""
