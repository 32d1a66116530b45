"""Code systems: one pattern each, and the check digits that go with them, as Polars expressions."""

import polars as pl

# Sex 1/2, year, month, place (Corsica keeps its letter), order number: Décret 82-103; INSEE.
NIR_PATTERN = r"^[12][0-9]{2}(0[1-9]|1[0-2])([0-9]{2}|2[AB])[0-9]{3}[0-9]{3}$"
CIM10_PATTERN = r"^[A-Z][0-9]{2}[0-9A-Z+]{0,3}$"  # ATIH extensions go up to six characters
CCAM_PATTERN = r"^[A-Z]{4}[0-9]{3}$"
GHM_PATTERN = r"^[0-9]{2}[CHKMZ][0-9]{2}[0-9A-Z]$"  # root, then severity 1-4, A-D, E, J, T or Z
FINESS_PATTERN = r"^[0-9AB]{9}$"
NO_DATE = "1600-01-01"  # the SNDS writes it for "no date"
NO_MONTH = "160001"


def nir_key(nir13: pl.Expr) -> pl.Expr:
    """Key of a 13-character NIR: 97 less the number modulo 97, Corsica as 19 (2A) and 18 (2B).

    Null where the text is no 13-character NIR. Source: service-public.fr F33078; checked on two examples in the tests.
    """
    digits = nir13.str.replace("2A", "19", literal=True).str.replace("2B", "18", literal=True)
    return 97 - digits.cast(pl.Int64, strict=False) % 97


def with_nir_key(nir13: pl.Expr) -> pl.Expr:
    """The 15-character form: NIR and its key of two digits."""
    return nir13 + nir_key(nir13).cast(pl.String).str.zfill(2)


def valid_nir13(nir15: pl.Expr) -> pl.Expr:
    """The 13 characters of a 15-character NIR whose form and key are right, else null."""
    nir13 = nir15.str.slice(0, 13)
    is_valid = (
        (nir15.str.len_chars() == 15)
        & nir13.str.contains(NIR_PATTERN)
        & (nir15.str.slice(13, 2) == nir_key(nir13).cast(pl.String).str.zfill(2))
    )
    return pl.when(is_valid).then(nir13)
