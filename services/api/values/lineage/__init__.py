"""What an indicator value is made of."""
