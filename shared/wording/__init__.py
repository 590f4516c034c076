"""What people are told when something is refused: a table of texts for each language."""
