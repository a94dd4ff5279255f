"""Offline audits: what recordings say about whoever answered them. Only the wire is read, never an SDK's objects."""
