"""The exception of a run that cannot succeed."""


class GenerationError(Exception):
    """Raised when nothing can be generated; the message names the place and says what to do."""
