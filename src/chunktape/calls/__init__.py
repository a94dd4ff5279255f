"""Calls, provider-neutral: prompts, messages, tools, streams, structured answers, and what they cost."""
