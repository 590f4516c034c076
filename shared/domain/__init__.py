"""The words and rules of crime-prevention agreements: pure values and functions, with no I/O, no HTTP and no SQL."""
