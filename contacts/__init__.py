"""Whom: people, groups, tags, fields and suppression."""
