"""Imports of files: activities, observations, and the mappings that say how a file is read."""
