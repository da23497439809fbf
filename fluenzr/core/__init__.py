"""What every app stands on; knows no business noun."""
