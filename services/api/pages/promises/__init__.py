"""`/medborgarloften`: what has been promised to the public, shown to everybody where the municipality wants it."""
