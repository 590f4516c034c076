"""Indicator values: the read model as the API serves it, and what each figure is made of."""
