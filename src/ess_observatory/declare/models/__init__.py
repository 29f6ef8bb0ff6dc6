"""One strict model for every kind of declared file."""
