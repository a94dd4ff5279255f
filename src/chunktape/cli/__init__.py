"""The command line: options in, calls down, text out."""


def main() -> None:
    """Run the command line."""
