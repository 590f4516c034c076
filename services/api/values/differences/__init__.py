"""Areas of one kind beside each other: which differ from the rest by more than chance."""
