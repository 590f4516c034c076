"""Notes that people write about figures."""
