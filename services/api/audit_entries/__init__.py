"""What was written, by whom and when."""
