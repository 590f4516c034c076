"""The only writers of facts. Each writes the fact and its dirty marks in the caller's transaction, or neither."""
