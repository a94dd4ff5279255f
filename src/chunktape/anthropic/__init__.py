"""Calls to Anthropic: decorators, streams, responses, chunks and tools."""
