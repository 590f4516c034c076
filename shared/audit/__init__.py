"""The audit trail: what happened, sealed into a chain of hashes; its verification, and the removal of payloads."""
