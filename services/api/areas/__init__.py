"""Areas of both hierarchies and places: what lies in what, their roles and their terms, over time."""
