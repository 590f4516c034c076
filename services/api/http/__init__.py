"""The HTTP kit: what every resource needs of HTTP. It knows no resource."""
