"""How the service is, for those who run it: what health, metrics and the doctor ask."""
