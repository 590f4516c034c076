"""PostgreSQL: the engine, the session, the tables and the locks. Nothing here knows what an indicator is."""
