"""The package for the CRESS: made from a publication (`package`), and verified (`verify`)."""
