"""Identity traits as recorded → canonical traits, compared and hashed alike at every source; vectors in the docs.

A trait that cannot be used becomes null and is hashed nowhere; why a number cannot be used is a column of its own.
Changing a rule here means raising `CANONICALISATION`, so that old and new tokens never meet by mistake.
"""

import polars as pl

from schema.codes import nir_key

SEPARATORS = r"[\s\u00A0\u202F.\-_/']"  # in a number: spaces of any width, points, dashes
PLACE_PATTERN = r"^([0-9]{2}|2[AB])[0-9]{3}$"
# Sex 1/2; month of birth or, where it is unknown, 20, 30 to 42 and 50 to 99 (INSEE); place with Corsica's letter,
# overseas 97 and 98, abroad 99; order number; the key, where it is written.
_FORM = r"^[12][0-9]{2}(?:0[1-9]|1[0-2]|20|3[0-9]|4[0-2]|[5-9][0-9])(?:[0-9]{2}|2[AB])[0-9]{3}[0-9]{3}(?:[0-9]{2})?$"
_PROVISIONAL = r"^[3-8][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}(?:[0-9]{2})?$"  # being registered, passing, waiting
_FICTITIOUS = r"^[12](?:55555|99999|00000)|^.{10}000"  # written where none must be known, or none was
PROVISIONAL, FICTITIOUS, MISSING, INVALID = "provisional", "fictitious", "missing", "invalid"


def nir_text(nir: pl.Expr) -> pl.Expr:
    """A number as compared: capitals, nothing between the characters; an empty text is null."""
    text = nir.str.to_uppercase().str.replace_all(SEPARATORS, "")
    return pl.when(text != "").then(text)


def canonical_nir(nir: pl.Expr) -> pl.Expr:
    """The 13 characters of a usable NIR, Corsica with its letter, else null; 15 characters must have the right key.

    2A and 2B count as 19 and 18 in the key alone: hashed as digits they would be somebody born in Corrèze or Cher.
    """
    return _usable(nir_text(nir))


def _usable(text: pl.Expr) -> pl.Expr:
    usable = text.str.contains(_FORM) & _has_its_key(text) & ~text.str.contains(_FICTITIOUS)
    return pl.when(usable).then(text.str.slice(0, 13))


def nir_reason(nir: pl.Expr) -> pl.Expr:
    """Why a number cannot be used: missing, invalid (form or key), provisional or fictitious; null if it can."""
    return _reason(nir_text(nir))


def _reason(text: pl.Expr) -> pl.Expr:
    return (
        pl.when(text.is_null())
        .then(pl.lit(MISSING))
        .when(~_has_its_key(text).fill_null(False))
        .then(pl.lit(INVALID))
        .when(text.str.contains(_PROVISIONAL))
        .then(pl.lit(PROVISIONAL))
        .when(~text.str.contains(_FORM))
        .then(pl.lit(INVALID))
        .when(text.str.contains(_FICTITIOUS))
        .then(pl.lit(FICTITIOUS))
    )


def _has_its_key(text: pl.Expr) -> pl.Expr:
    """Whether a number of 13 characters stands without a key, or one of 15 with the right one."""
    characters = text.str.len_bytes()
    written = text.str.slice(13, 2).cast(pl.Int64, strict=False)
    return (characters == 13) | ((characters == 15) & (written == nir_key(text.str.slice(0, 13))))


def canonical_name(name: pl.Expr) -> pl.Expr:
    """A name as compared: capitals A to Z, neither accents, spaces nor dashes; null if no letter is left (RNIV-like).

    Œ, Æ and ß become two letters. Unicode decomposition (NFKD) makes one text of the two ways to write an accent.
    """
    capitals = (
        name.str.to_uppercase().str.replace_all("Œ", "OE").str.replace_all("Æ", "AE").str.replace_all("ẞ|ß", "SS")
    )
    letters = capitals.str.normalize("NFKD").str.replace_all("[^A-Z]", "")
    return pl.when(letters != "").then(letters)


def canonical_date(day: pl.Expr) -> pl.Expr:
    """A date of birth written YYYY-MM-DD as YYYYMMDD; an unknown day or month stays 00, without a year it is null."""
    known = day.str.extract(r"^\s*([0-9]{4}-(?:0[0-9]|1[0-2])-(?:[0-2][0-9]|3[01]))\s*$", 1).str.replace_all("-", "")
    return pl.when(~known.str.starts_with("0000")).then(known)


def canonical_sex(sex: pl.Expr) -> pl.Expr:
    """1 male or 2 female as text, else null."""
    return pl.when(sex.is_in([1, 2])).then(sex.cast(pl.String))


def canonical_place(place: pl.Expr) -> pl.Expr:
    """Place as INSEE codes it: five characters, Corsica with its letter, abroad 99 and country; else null."""
    text = place.str.to_uppercase().str.strip_chars()
    return pl.when(text.str.contains(PLACE_PATTERN)).then(text)


def canonical(records: pl.DataFrame) -> pl.DataFrame:
    """`records` of one source with their traits in columns of the names that `match_keys.PASSES` uses.

    A trait of which a source has no column was never recorded. `why` says why the insured's number cannot be used.
    """
    absent = [pl.lit(None, pl.String).alias(name) for name in _TEXTS if name not in records.columns]
    records = records.with_columns(*absent)
    day = pl.col("birth_date")
    # In two steps: the text of a number is used many times over, and would be made as often.
    records = records.with_columns(_insured=nir_text(pl.col("insured_nir")), _own=nir_text(pl.col("own_nir")))
    records = records.with_columns(
        insured=_usable(pl.col("_insured")),
        own=_usable(pl.col("_own")),
        date=canonical_date(day.dt.strftime("%Y-%m-%d") if records.schema["birth_date"] == pl.Date() else day),
        gender=canonical_sex(pl.col("sex")),
    )
    unusable = pl.col("insured").is_null()
    reason = pl.when(unusable).then(_reason(pl.when(unusable).then("_insured")))
    records = records.with_columns(why=reason).drop("_insured", "_own")
    for column, trait, rule in _BY_VALUE:
        values = records.select(column).unique().with_columns(rule(pl.col(column)).alias(trait))
        records = records.join(values, on=column, how="left", nulls_equal=True, maintain_order="left")
    return records


def _second_name(others: pl.Expr) -> pl.Expr:
    return canonical_name(others.str.strip_chars().str.extract(r"^([^ ,]+)", 1))


# Few different values among many records: each is worked out once.
_BY_VALUE = (
    ("birth_name", "family", canonical_name),
    ("used_name", "used", canonical_name),
    ("first_name", "given", canonical_name),
    ("other_first_names", "second", _second_name),
    ("birth_place_code", "place", canonical_place),
    ("residence_commune_code", "home", canonical_place),
)
_TEXTS = (
    "own_nir",
    "birth_name",
    "used_name",
    "first_name",
    "other_first_names",
    "birth_place_code",
    "residence_commune_code",
)
TRAITS = ("insured", "own", "family", "used", "given", "second", "date", "gender", "place", "home")
