"""Pages of people and their workspaces."""
