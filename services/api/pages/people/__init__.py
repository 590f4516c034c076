"""`/personer`: whom a coordinator has invited, and what each of them may do."""
