"""Which records of one source are one person: the source's own reading, for it alone has the names.

Records that share a token, or family name, birth date, sex and a place, are one person if their first names agree and
their own numbers do not differ. First names agree that are equal but for an end or a beginning, where typing errors
lie, or of which one is the other's second. A token whose records do not agree is shared: it stands for several
persons, twins under a parent's number most of all, and may link nothing.
"""

import polars as pl

KINDS: dict[str, tuple[str, ...]] = {"insured": ("insured", "date", "gender"), "own": ("own", "date", "gender")}
_ALIKE = (
    ("family", "date", "gender", "place"),
    ("family", "date", "gender", "home"),
    ("used", "date", "gender", "place"),
    ("used", "date", "gender", "home"),
    ("given", "start", "date", "gender", "home"),
    ("own", "given", "year"),
)
_LETTERS = 3  # of a beginning or an end that agree


def same_person(traits: pl.DataFrame) -> pl.DataFrame:
    """Canonical traits of a source's records with `first`, the row of the person's first record, and what is shared.

    `insured_is_shared` and `own_is_shared` say of each record's token whether it stands for several persons.
    """
    rows = traits.select(
        "insured", "own", "family", "used", "given", "second", "date", "gender", "place", "home",
        start=pl.col("family").str.head(_LETTERS),
        year=pl.col("date").str.head(4),
    ).with_row_index("row")  # fmt: skip
    edges, shared = [], {}
    for kind, token in KINDS.items():
        groups = _groups(rows, token)
        edges.append(groups.filter("is_one")["row"])
        several = groups.filter(~pl.col("is_one")).explode("row")["row"]
        shared[f"{kind}_is_shared"] = rows["row"].is_in(several.implode())
    edges += [_groups(rows, together).filter("is_one")["row"] for together in _ALIKE]
    firsts = rows.select("row").join(_first_rows(edges), on="row", how="left", maintain_order="left")
    return traits.with_columns(firsts.select(pl.coalesce("first", "row").alias("first"))["first"], **shared)


def _groups(rows: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """(row, is_one) of each group of several records that agree in `by`; a null is in no group."""
    known = rows.lazy().filter(pl.col(name).is_not_null() for name in by)
    known = known.filter(pl.struct(by).hash().is_duplicated())  # nearly all are one, and a number is quick to compare
    names = pl.concat_list("given", "second").list.drop_nulls().list.unique()
    several = known.filter(pl.len().over(by) > 1).with_columns(known_own="own", known_given="given", names=names)
    given = pl.col("known_given")
    is_others = pl.col("names").last().list.contains(given.first()) | pl.col("names").first().list.contains(
        given.last()
    )
    agree = (
        (given.str.head(_LETTERS).n_unique() == 1)
        | (given.str.tail(_LETTERS).n_unique() == 1)
        | ((pl.len() == 2) & is_others.fill_null(False))
    )
    is_one = agree & given.is_not_null().all() & (pl.col("known_own").drop_nulls().n_unique() <= 1)
    return several.group_by(by).agg("row", is_one=is_one).select("row", "is_one").collect()


def _first_rows(groups: list[pl.Series]) -> pl.DataFrame:
    """(row, first) of every row in a group: the least row that groups, one after the other, lead to."""
    edges = pl.concat(groups).to_frame("row").with_row_index("group").explode("row").with_columns(first=pl.col("row"))
    while True:
        least = edges.with_columns(next=pl.col("first").min().over("group"))
        least = least.with_columns(pl.col("next").min().over("row"))
        if least["next"].equals(edges["first"]):
            return least.select("row", "first").unique()
        edges = least.with_columns(first="next").drop("next")
