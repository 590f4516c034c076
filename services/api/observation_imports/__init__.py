"""Observation imports: whole files of figures from elsewhere, with a report of what became of each row."""
