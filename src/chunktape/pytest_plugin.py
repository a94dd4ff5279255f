"""The pytest plugin: one marker, one fixture, one flag."""
