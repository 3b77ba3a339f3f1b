"""Files and services that already know: one outside format a module."""
