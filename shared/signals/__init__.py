"""Signal or noise: whether what came differs from what was to be expected. Pure functions, no database and no HTTP."""
