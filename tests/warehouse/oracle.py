"""The definition of time at risk, day by day and person by person: slow, and plain enough to be checked by eye."""

from collections import defaultdict
from datetime import date, timedelta

Day = date
ONE_DAY = timedelta(days=1)


def days_of(start: Day, end: Day) -> list[Day]:
    return [start + n * ONE_DAY for n in range((end - start).days + 1)]


def is_at_risk(day: Day, periods: list[tuple[Day, Day]], events: set[Day], washout_days: int) -> bool:
    """Inside a period, at least the wash-out after its start, no event on the wash-out days before."""
    return any(
        start <= day <= end
        and (day - start).days >= washout_days
        and not any(day - n * ONE_DAY in events for n in range(1, washout_days + 1))
        for start, end in periods
    )


def age_on(day: Day, birth_month: Day) -> int:
    """Completed years, the birthday being the first day of the birth month."""
    return day.year - birth_month.year - ((day.month, day.day) < (birth_month.month, 1))


def band_of(age: int, bands: list[int]) -> int | None:
    """Lower bound of the band that holds the age."""
    return max((lower for lower in bands if lower <= age), default=None)


def counts(
    persons: dict[int, tuple[int | None, Day | None]],
    periods: dict[int, list[tuple[Day, Day]]],
    events: dict[int, set[Day]],
    washout_days: int,
    bands: list[int],
) -> dict[tuple[int, int], tuple[int, int, int]]:
    """(sex, lower bound) → (persons, days, events); cells without a day at risk are absent."""
    seen: dict[tuple[int, int], set[int]] = defaultdict(set)
    days: dict[tuple[int, int], int] = defaultdict(int)
    initiations: dict[tuple[int, int], int] = defaultdict(int)
    for person, (sex, birth_month) in persons.items():
        if sex is None or birth_month is None:
            continue
        hers = events.get(person, set())
        for start, end in periods.get(person, []):
            for day in days_of(start, end):
                band = band_of(age_on(day, birth_month), bands)
                if band is not None and is_at_risk(day, [(start, end)], hers, washout_days):
                    seen[sex, band].add(person)
                    days[sex, band] += 1
                    initiations[sex, band] += day in hers
    return {cell: (len(seen[cell]), days[cell], initiations[cell]) for cell in seen}
