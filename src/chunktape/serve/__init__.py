"""Cassettes over HTTP, for programs in any language, and the proxy that records them."""
