"""Pages of contacts and groups."""
