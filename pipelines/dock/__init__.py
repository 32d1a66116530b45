"""The loading dock: SNDS extracts in other people's forms → typed Parquet under the official names."""

from pipelines.dock.land import land
from pipelines.dock.report import FileReport, Landing

__all__ = ["FileReport", "Landing", "land"]
