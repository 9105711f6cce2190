"""The exception of the generator."""


class GenerationError(Exception):
    """Raised when the package cannot be generated; the message names the place and says what to do."""
