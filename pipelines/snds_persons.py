"""Which matching id stands for each SNDS pseudonym during one delivery."""

import polars as pl

from pipelines.keys import Keyring
from pipelines.pseudonymise import PERSONS_SCHEMA, persons_without_token


class SndsPersons:
    """Matching ids of the SNDS's pseudonyms: those that `matching` names, and persons of their own for the rest.

    `matching` is what the funds sent, or of an import its own persons; `unknown` is the reason of a person whose
    pseudonym it does not name, null where that is none.
    """

    CLAIMS = ("BEN_NIR_PSA", "BEN_RNG_GEM")

    def __init__(self, matching: pl.DataFrame, keyring: Keyring, unknown: str | None = "unknown_to_funds") -> None:
        self.keyring = keyring
        self.unknown = unknown
        self.claims = matching.select(*self.CLAIMS, "idacc")
        several = matching.group_by("BEN_NIR_PSA").agg(pl.col("idacc").n_unique().alias("n"), pl.col("idacc").first())
        self.pmsi = several.filter(pl.col("n") == 1).select("BEN_NIR_PSA", "idacc")
        self.shared = several.filter(pl.col("n") > 1).select("BEN_NIR_PSA")
        self.own: list[pl.DataFrame] = []

    def of_claims(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with `idacc`; a pseudonym that nobody named becomes a person of its own."""
        joined = rows.join(self.claims, on=list(self.CLAIMS), how="left")
        if joined["idacc"].null_count():
            missing = joined.filter(pl.col("idacc").is_null()).select(self.CLAIMS).unique()
            self.claims = pl.concat([self.claims, self._alone(missing, self.CLAIMS, self.unknown)])
            joined = rows.join(self.claims, on=list(self.CLAIMS), how="left")
        return joined

    def of_stays(self, stays: pl.DataFrame, year: int) -> pl.DataFrame:
        """Chaining rows with `idacc`; without a pseudonym the stay alone is the person."""
        named = stays.filter(pl.col("NIR_ANO_17").is_not_null())
        seen = named.select(BEN_NIR_PSA="NIR_ANO_17").unique().join(self.pmsi, on="BEN_NIR_PSA", how="anti")
        for rows, reason in (
            (seen.join(self.shared, on="BEN_NIR_PSA", how="semi"), "shared"),
            (seen.join(self.shared, on="BEN_NIR_PSA", how="anti"), self.unknown),
        ):
            self.pmsi = pl.concat([self.pmsi, self._alone(rows, ("BEN_NIR_PSA",), reason)])
        local = ("exit_year", "ETA_NUM", "RSA_NUM")
        nameless = stays.filter(pl.col("NIR_ANO_17").is_null()).with_columns(exit_year=pl.lit(year))
        alone = self._alone(nameless.select(local), local, "no_pseudonym").drop("exit_year")
        return pl.concat(
            [
                named.join(self.pmsi, left_on="NIR_ANO_17", right_on="BEN_NIR_PSA"),
                nameless.drop("exit_year").join(alone, on=["ETA_NUM", "RSA_NUM"]),
            ]
        )

    def of_their_own(self) -> pl.DataFrame:
        """`PERSONS_SCHEMA` of the persons that `matching` did not name, so far."""
        return pl.concat(self.own) if self.own else pl.DataFrame(schema=PERSONS_SCHEMA)

    def _alone(self, rows: pl.DataFrame, local: tuple[str, ...], reason: str | None) -> pl.DataFrame:
        persons = persons_without_token(rows, self.keyring, local, reason)
        self.own.append(persons.select(PERSONS_SCHEMA.keys()))
        return persons.select(*local, "idacc")
