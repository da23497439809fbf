"""REST doors; each dialect is a package of its own."""
