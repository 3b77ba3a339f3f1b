"""What should be replaced by what, in which order: pure functions over devices and determinations."""
