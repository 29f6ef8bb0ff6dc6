"""Editions side by side: comparisons, series, back-test, perimeters, answers to the same question."""
