"""Agreements between a municipality and the police, with their annexes and targets."""
