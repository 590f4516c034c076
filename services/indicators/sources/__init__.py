"""Outside systems that are polled on a schedule."""
