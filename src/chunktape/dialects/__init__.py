"""Wire protocols: events in, the body and the meaning of an answer out; without I/O."""
