"""Computes the figures: claims dirty marks, aggregates activities in SQL, and makes the read model equal the result."""
