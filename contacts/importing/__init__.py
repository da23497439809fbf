"""Contacts out of files: read, understood, checked, and written in chunks that survive whatever kills the worker."""
