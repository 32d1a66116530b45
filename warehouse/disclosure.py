"""Small cells: the one door by which results leave the warehouse.

Rule: a count of 1 to 10 persons or events is not published, nor anything that gives it back: rate, interval,
person-years, or margins less the other cells. Source: CASD, output checks (no cell below 11 units), as the CNIL
asks of projects on the SNDS. Simplified: one table at a time; earlier releases are not compared with it.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

SMALLEST_COUNT = 11
MARGIN = "all"  # label of a total in a table of cells


def is_small(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where a count lies between 1 and 10."""
    return (counts > 0) & (counts < SMALLEST_COUNT)


def release_count(count: int, *others: int) -> int | None:
    """The count, or None if it or one of the others that it belongs with (its persons at risk) is 1 to 10."""
    return None if is_small(np.array([count, *others], dtype=np.int64)).any() else count


def release(
    cells: pl.DataFrame,
    labels: tuple[str, str] = ("sex", "age_band"),
    counts: tuple[str, ...] = ("n_persons", "n_events"),
) -> pl.DataFrame:
    """The cells in their order, every measure null where `is_withheld`, a column added.

    One row per pair of labels, `all` for margins. Withheld are small cells, and more cells of a row or column
    as long as a margin would tell one cell, or a sum of withheld cells that is itself small.
    """
    measures = [name for name in cells.columns if name not in labels]
    numbers = cells.select(counts).to_numpy().astype(np.int64)
    withheld: NDArray[np.bool_] = np.asarray(is_small(numbers).any(axis=1))
    lines = [*_lines(cells, *labels), *_lines(cells, *reversed(labels))]
    while any(line.tells(withheld, numbers) for line in lines):
        withheld[_cheapest(lines, withheld, numbers)] = True
    return cells.with_columns(is_withheld=pl.Series(withheld)).with_columns(
        pl.when(~pl.col("is_withheld")).then(pl.col(measures))
    )


@dataclass(frozen=True)
class _Line:
    """Positions of the cells of one row or column, and of the margin that is their sum."""

    cells: NDArray[np.int64]
    margin: int

    def tells(self, withheld: NDArray[np.bool_], numbers: NDArray[np.int64]) -> bool:
        """Whether what is shown of the line gives back a small count."""
        hidden = self.cells[withheld[self.cells]]
        if withheld[self.margin]:
            return hidden.size == 0
        return hidden.size == 1 or bool(is_small(numbers[hidden].sum(axis=0)).any())


def _cheapest(lines: list[_Line], withheld: NDArray[np.bool_], numbers: NDArray[np.int64]) -> int:
    """The shown cell whose withholding leaves fewest lines telling; of these, that of the smallest counts."""

    def cost(cell: int) -> tuple[int, list[int], int]:
        trial = withheld.copy()
        trial[cell] = True
        return sum(line.tells(trial, numbers) for line in lines), numbers[cell][::-1].tolist(), cell

    return min(np.flatnonzero(~withheld).tolist(), key=cost)


def _lines(cells: pl.DataFrame, across: str, along: str) -> list[_Line]:
    """Lines of cells that share a label `across`, one for each of its values that has a margin `along`."""
    is_margin = (cells[along] == MARGIN).to_numpy()
    lines = []
    for value in cells[across].unique(maintain_order=True):
        in_line = (cells[across] == value).to_numpy()
        inner, margin = np.flatnonzero(in_line & ~is_margin), np.flatnonzero(in_line & is_margin)
        if inner.size and margin.size:
            lines.append(_Line(inner, int(margin[0])))
    return lines
