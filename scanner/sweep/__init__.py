"""Which ports answer: one engine a module, behind one interface."""
