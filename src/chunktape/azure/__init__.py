"""Calls to Azure AI Inference: decorators, streams, responses, chunks and tools."""
