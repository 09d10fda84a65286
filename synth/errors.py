"""What can go wrong that a user can mend: one class a cause, one line a message.

Commands catch `ProjectError` alone, print its one line and exit 1.  Everything else is a bug and shows its traceback.
A message says what, where, the value, and what to do about it.
"""


class ProjectError(Exception):
    """Any fault that is not a bug of ours."""


class ConfigError(ProjectError):
    """A value in the configuration is impossible; raised before any work is done."""


class AssetError(ProjectError):
    """A file that the subject is made from is absent or not the one we know."""


class RenderError(ProjectError):
    """A picture could not be made; the message carries seed and index, so that one command repeats it."""


class RejectedSceneError(ProjectError):
    """A drawn scene shows nothing useful: drawn again and counted by its cause, never silently.

    Attributes:
        cause: A short stable name, the key under which the rejection is counted.
    """

    def __init__(self, cause: str, message: str) -> None:
        """Keep the cause apart from the sentence."""
        super().__init__(message)
        self.cause = cause

    def __reduce__(self) -> tuple[type["RejectedSceneError"], tuple[str, str]]:
        """Keep the cause on the way between processes."""
        return type(self), (self.cause, str(self))


class DataError(ProjectError):
    """A shard or a user's file is damaged or of another format; the message names file and key."""


class TrainingError(ProjectError):
    """A training has come where no further step leads out; the message says what was seen, and when."""


class LabelError(ProjectError):
    """A label contradicts itself.  Always stops the run."""
