"""`/komma-igang`: a municipality's agreement, places and people, from one filled-in template."""
