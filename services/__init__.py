"""The running parts of Samverkan: the API, the indicator worker and the command line that starts them."""
