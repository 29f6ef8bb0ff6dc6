"""Recognised sheets → `raw`, typed columns, corrections, refused rows, the ledger."""
