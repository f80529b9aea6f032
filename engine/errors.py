"""What goes wrong for a reason that a user can act on.

Each error says what came, what was expected and what to do, so that the command line, the
web page and the HTTP interface can all show `str(error)` as it is.
"""


class EngineError(Exception):
    """The family of all errors that the engine raises on purpose.

    Args:
        came: what was met, with the value, as a clause: "the duration is 45 s".
        expected: what would have been right: "0.5 s to 10 s".
        advice: what to do, as a sentence without its full stop: "Ask for a shorter clip".
    """

    def __init__(self, came: str, *, expected: str, advice: str) -> None:
        self.came = came
        self.expected = expected
        self.advice = advice
        super().__init__(f"{came[:1].upper()}{came[1:]}; expected {expected}. {advice}.")


class RequestError(EngineError, ValueError):
    """A setting, or a combination of settings, that cannot be carried out."""


class AudioError(EngineError):
    """A sound file or array that cannot be read, written or used."""


class CheckpointError(EngineError):
    """A model file that is missing, damaged, hostile or of another kind."""


class ToolError(EngineError):
    """A program or library outside the project that is needed and not there."""


class DeviceError(EngineError):
    """A compute device that is missing, out of memory, or gave unusable numbers."""


class PrecisionError(DeviceError):
    """Numbers that left the range of the format in which they were computed."""
