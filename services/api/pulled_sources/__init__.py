"""Sources that are asked rather than reporting by themselves: how they are read, and how the last run went."""
