"""Notes that people write beside the figures."""
