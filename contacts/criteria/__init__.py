"""What a segment may ask of contacts.

A criterion is a field, an operator and a value. Fields are made by sources (`registry.register`): those of contacts are
in `standard` and `custom`, those of an app above in its own `criteria` module. `rules` reads a document of criteria
into a tree that becomes one condition, or words.
"""
