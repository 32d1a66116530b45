"""What a person sees while a command works: a progress bar on stderr, one line a stage, the synthetic notice."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipelines.manifest import Stage

messages = Console(stderr=True, highlight=False, soft_wrap=True)


class Display:
    """Draws progress by stage and prints a line when a stage is done."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.task = bars.add_task("", total=None, visible=False)

    def progress(self, stage: str, done: int, of: int) -> None:
        self.bars.update(self.task, description=stage, completed=done, total=of, visible=True)

    def report(self, stage: Stage) -> None:
        self.bars.update(self.task, visible=False)
        self.bars.console.print(stage_line(stage))


@contextmanager
def display() -> Iterator[Display]:
    """A display for one command; the bar is left out where stderr is no terminal."""
    columns = (TextColumn("{task.description:>14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bars:
        yield Display(bars)


def stage_line(stage: Stage) -> str:
    """Rows, bytes and seconds of one stage."""
    return f"{stage.name:>14}  {stage.rows:>13,} rows  {stage.bytes / 1e6:>9,.1f} MB  {stage.seconds:>7.1f} s"
