"""One run at a time in a workspace; a killed run holds nothing."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from schema.errors import SettingsError, WorkspaceBusy
from schema.layout import Workspace


@contextmanager
def held(workspace: Workspace) -> Iterator[None]:
    """Hold the workspace for a run; WorkspaceBusy if another process does."""
    try:
        workspace.root.mkdir(parents=True, exist_ok=True)
        file = workspace.lock.open("w", encoding="utf-8")
    except OSError:
        raise SettingsError(f"{workspace.root} cannot be written: name another --workspace.") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkspaceBusy(f"Another run works in {workspace.root}: wait until it has ended.") from None
        yield
