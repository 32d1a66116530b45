"""Calendar days."""

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

from schema.base import Star, column


class DimDate(Star):
    """One row per calendar day from 1900-01-01 to 2049-12-31, whatever the facts hold.

    Facts join it on the date itself, for differences of dates must be days.
    """

    __tablename__ = "dim_date"

    date = mapped_column(sa.Date, primary_key=True, comment="the day")
    year = column(sa.SmallInteger, "calendar year")
    quarter = column(sa.SmallInteger, "quarter of the year, 1 to 4")
    month = column(sa.SmallInteger, "month of the year, 1 to 12")
    month_start_date = column(sa.Date, "first day of the month")
    iso_week = column(sa.SmallInteger, "ISO 8601 week, 1 to 53")
    iso_weekday = column(sa.SmallInteger, "day of the week, 1 Monday to 7 Sunday")
    is_weekend = column(sa.Boolean, "Saturday or Sunday")
