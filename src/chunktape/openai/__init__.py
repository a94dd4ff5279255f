"""Calls to OpenAI: decorators, streams, responses, chunks and tools."""
