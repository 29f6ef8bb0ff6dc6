"""Measures of speed, as ratios to a baseline of the same run: `python -m bench [NAME…]`."""
