"""`/reports`, and the agreement's page of them: an area's period for the council, as a document."""
