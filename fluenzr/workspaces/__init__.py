"""Who: users, members, roles, plans and limits, API keys."""
