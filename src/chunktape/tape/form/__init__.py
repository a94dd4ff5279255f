"""Readers of what other tools record in forms that are no cassettes of vcrpy's kind."""
