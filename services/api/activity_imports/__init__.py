"""Activity imports: many activities at once, with a report of what became of each row."""
