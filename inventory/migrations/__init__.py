"""How an inventory of any released version becomes one of this version."""
