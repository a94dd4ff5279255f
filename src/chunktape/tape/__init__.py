"""Cassettes: what is kept of an exchange, how it is written, found again and played."""
