"""Pictures of figures over time, for pages that show an image and nothing more."""
