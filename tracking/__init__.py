"""What comes back: opens, clicks, unsubscribes, replies and bounces."""
