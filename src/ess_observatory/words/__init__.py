"""Numbers, labels, typography: what is printed, in French and in English. Ground floor: imports nothing of ours but errors."""
