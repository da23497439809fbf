"""How many hits a second are taken, kept and counted."""
