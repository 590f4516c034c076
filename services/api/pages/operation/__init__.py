"""`/drift`: for administrators, whether all works, who may connect, and what comes in from where."""
