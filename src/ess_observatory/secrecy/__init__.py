"""Statistical secrecy: primary and secondary suppression, the attack that checks them, the one door."""
