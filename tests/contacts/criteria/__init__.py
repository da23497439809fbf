"""What a segment may ask of contacts."""
