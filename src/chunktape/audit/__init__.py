"""Offline audits: what recordings say about who answered them. The wire is read, never an SDK's objects."""
