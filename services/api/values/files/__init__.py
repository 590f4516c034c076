"""Any selection of indicator values as one file, whole and of one moment, however large."""
