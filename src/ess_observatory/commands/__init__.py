"""The command line `ess`: parse, call, print."""
