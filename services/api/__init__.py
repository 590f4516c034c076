"""The API: activities come in over HTTP, and figures go out from the read model."""
