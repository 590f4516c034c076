"""What is told to others: every change of a value, in an order that can be resumed, and those who subscribe to it."""
