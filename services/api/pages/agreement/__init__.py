"""The agreement as who answers for it reads it: annex by annex, each value down to what it is made of."""
