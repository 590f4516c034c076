"""What the services have in common: the domain, the database, the facts, the catalogue and the connectors."""
