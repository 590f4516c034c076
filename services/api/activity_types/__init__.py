"""Activity types: what each kind of activity carries."""
