"""What is expected and not there: who should report what, by when."""
