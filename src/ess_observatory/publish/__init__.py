"""Protected cells → `publication/`, and the publication read back."""
