"""Persons, as far as the warehouse may know them."""

import sqlalchemy as sa

from schema.base import Star, column, key, table_arguments


class DimPatient(Star):
    """One row per person under the hub's own number; what changes over a life is not here.

    Month of birth, never the day; neither name, number nor pseudonym. Sex and month of birth come from the
    SNDS register where it knows the person, else from the first hospital that does, else (sex only) from
    discharge abstracts. `patient_key` 0 is the unknown member and holds no fact.
    A record that neither a usable, unambiguous token nor a match-key links is a person of her own (`linkage` = alone):
    her care is kept, under nobody else's key, so one human being may stand behind two rows. A person is linked with
    low quality if any record of hers was linked by a weak pass: leave such persons out where wrong links harm.
    Persons who opposed, or were erased or merged into another, are absent.
    An imported extract is one source: everybody is single, under BEN_IDT_ANO or BEN_NIR_PSA in a token's place, but
    for abstracts without a pseudonym or with one of several persons, which are alone.
    """

    __tablename__ = "dim_patient"
    __table_args__ = table_arguments(
        ("sex_is_1_or_2", "sex_code in (1, 2)"),
        ("link_quality_is_known", "link_quality in ('high', 'low')"),
        ("linkage_is_known", "linkage in ('linked', 'single', 'alone', 'unknown')"),
    )

    patient_key = key("number of the person at the hub, from 1; 0 unknown")
    sex_code = column(sa.SmallInteger, "sex: 1 male, 2 female", null="not known to any source")
    birth_month_date = column(sa.Date, "first day of the month of birth", null="not known to any source")
    is_in_snds = column(sa.Boolean, "known to the SNDS: register, claims or discharge abstracts")
    n_hospitals = column(sa.SmallInteger, "how many of the four hospitals sent a record of hers, 0 to 4")
    linkage = column(
        sa.String,
        "linked: known to two sources or more; single: one source alone, by a usable token; alone: one, without any",
    )
    alone_reason = column(
        sa.String,
        "why no token: missing, invalid, provisional, fictitious, shared, unknown_to_funds or no_pseudonym",
        null="she has a usable token, or is linked",
    )
    link_quality = column(
        sa.String,
        "high, or low: the weakest link of her records in different sources",
        null="not linked by tokens or keys",
    )
