"""Closing of agreements' periods: the steps to it, what is frozen by it, and what comes after. No HTTP."""
