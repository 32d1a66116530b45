"""What the options of a command mean: which workspace, which keys."""

from pathlib import Path

from schema.errors import SettingsError
from schema.layout import KEYRINGS, Workspace, default_workspace

MAX_WORKERS = 64


def workspace_of(option: Path | None) -> Workspace:
    """The workspace named, else the current folder if it is one, else `./emc2-data`."""
    if option is not None:
        return Workspace(_folder(option))
    return default_workspace(Path.cwd())


def keyrings_of(option: Path | None, workspace: Workspace) -> Path | None:
    """The keyring folder named, else `emc2-keys/` beside the workspace if there, else None: the demo keys."""
    if option is not None:
        folder = _folder(option)
        if workspace.root.resolve() in (folder, *folder.parents):
            raise SettingsError("A keyring must not lie in the workspace: name a folder beside it.")
        return folder
    beside = workspace.root.resolve().parent / KEYRINGS
    return beside if beside.is_dir() else None


def check_workers(workers: int) -> None:
    if not 1 <= workers <= MAX_WORKERS:
        raise SettingsError(f"--workers must lie between 1 and {MAX_WORKERS}.")


def _folder(path: Path) -> Path:
    """The path, absolute; refuses a file where a folder is meant."""
    if path.exists() and not path.is_dir():
        raise SettingsError(f"{path} is not a folder: name another.")
    return path.resolve()
