"""What a served value looks like: the rules of its columns in SQL, the list of them, and their public names."""
