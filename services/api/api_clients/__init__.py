"""Clients of the API: who may do what where, and their keys."""
