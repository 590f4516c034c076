"""`/ladda-upp`: a sheet as it is, looked through, tried, and taken."""
