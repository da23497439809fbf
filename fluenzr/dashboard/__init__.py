"""The page that a day begins with: what needs attention, and how it goes."""
