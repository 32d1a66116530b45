"""The family of errors a user can meet; each carries its exit code and prints as one sentence.

    Emc2Error
    ├── SettingsError      2   an option, a query or a file name that cannot be used
    ├── MissingStage       3   something must be built first, or again
    ├── SchemaViolation    4   a file or a table is not what `schema` declares
    ├── KeyMaterialError   5   a key is absent, malformed, readable by others, or not the one in use
    ├── LoadFailed         8   a check refused the new warehouse; the old one stands
    ├── WorkspaceBusy      9   another run holds the workspace
    ├── StorageFull       10   the disk is too small
    └── DeliveryRefused   11   a letter is not what its sender sealed to its recipient, or has come before

A message names tables, columns, rules and counts, never a value read from a row, and says what to do.
"""

import errno


class Emc2Error(Exception):
    """Base of all errors shown to a user without a traceback."""

    exit_code = 1


class SettingsError(Emc2Error):
    """An option, a query or a path that cannot be used as given."""

    exit_code = 2


class MissingStage(Emc2Error):
    """A stage is absent or older than what it was made from."""

    exit_code = 3


class SchemaViolation(Emc2Error):
    """A file or a table does not have the declared shape."""

    exit_code = 4


class KeyMaterialError(Emc2Error):
    """A keyring is absent, malformed, readable by others, or not the one this workspace was linked with."""

    exit_code = 5


class LoadFailed(Emc2Error):
    """A check refused the new star or warehouse; nothing was replaced."""

    exit_code = 8


class WorkspaceBusy(Emc2Error):
    """Another run holds the workspace."""

    exit_code = 9


class StorageFull(Emc2Error):
    """The disk cannot hold what is asked for."""

    exit_code = 10

    def __init__(
        self, sentence: str = "The disk is full: nothing was replaced; free some space and run again."
    ) -> None:
        super().__init__(sentence)


class DeliveryRefused(Emc2Error):
    """A letter is forged, altered, addressed to another, or already received; nothing was taken from it."""

    exit_code = 11


def disk_is_full(error: BaseException) -> bool:
    """Whether any library says, in its own words, that the disk is full."""
    return "No space left on device" in str(error) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
