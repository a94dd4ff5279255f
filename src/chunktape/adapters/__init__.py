"""One file per foreign HTTP stack, and what watches the doors of all of them."""
