"""Pages of e-mail accounts."""
