"""Collects observations: from the user's own network within its scope, and from files that already know."""
