"""How a device is asked: one protocol a module, no logins, nothing but looking."""
