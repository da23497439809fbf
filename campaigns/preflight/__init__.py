"""What is checked before a launch."""
