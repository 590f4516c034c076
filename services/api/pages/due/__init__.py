"""What is expected of whom, by when; and being reminded of it no more."""
