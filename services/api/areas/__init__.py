"""Areas: country, counties, municipalities, districts and places, and what lies in what over time."""
