"""chunktape: record the byte stream of an LLM provider once, and play it back forever."""
