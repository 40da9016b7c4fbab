"""The kinds of rules that the suites are made of, and the rules for a text that is looked up exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from transforms import names

if TYPE_CHECKING:
    from great_expectations.expectations import Expectation

# Like the patterns of transforms/names.py, escapes that Python, Java and Rust read alike.
UNDECODABLE = r"[\ufffd\ue000-\uf8ff]|[?]{2}"  # a lost Korean character is two bytes, and two question marks
SPACE = r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]"
ODD_SPACE = rf"^{SPACE}|{SPACE}$|{SPACE}{SPACE}|[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]"
MARKUP = r"<[a-zA-Z/!][^>]*>|&(?:amp|lt|gt|quot|nbsp|#[0-9]+);"
# UTF-8 read as Latin-1 or Windows-1252, and EUC-KR read as either.
MISREAD = (
    r"[\u00c3\u00c2\u00ea\u00eb\u00ec\u00ed][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]|[\u00a1-\u00ff]{4}"
)
NO_NAME = (
    r"^https?://|^www[.]|%[0-9A-Fa-f]{2}%[0-9A-Fa-f]{2}|\\u[0-9a-fA-F]{4}|^b'|^[{].*[}]$|^\['.*'\]$"
    r"|^[0-9 ,.~-]+\uc6d0?$|^[0-9][0-9A-Z]{4}-?[0-9A-Z]{5,8}$"
)


def critical(kind: str, must: str, because: str, **arguments: Any) -> Expectation:
    return _expectation(kind, must, because, "critical", arguments)


def warning(kind: str, must: str, because: str, **arguments: Any) -> Expectation:
    return _expectation(kind, must, because, "warning", arguments)


def _expectation(kind: str, must: str, because: str, severity: str, arguments: dict[str, Any]) -> Expectation:
    import great_expectations.expectations as gxe

    expectation: Expectation = getattr(gxe, f"Expect{kind}")(
        description=must, notes=because, severity=severity, **arguments
    )
    return expectation


def filled(column: str, because: str) -> Expectation:
    return critical("ColumnValuesToNotBeNull", f"{column} is never null", because, column=column)


def free_of(column: str, what: str, regex: str, because: str, *, tolerated: float | None = None) -> Expectation:
    """A text rule. With `tolerated`, that share of rows may break it before the load stops; without, the first one does."""
    mostly = {} if tolerated is None else {"mostly": 1 - tolerated}
    most = "" if tolerated is None else f" in more than {tolerated:.1%} of rows"
    must = f"{column} has no {what}{most}"
    return critical("ColumnValuesToNotMatchRegex", must, because, column=column, regex=regex, **mostly)


def seldom(column: str, what: str, regex: str, because: str, most: float, too_many: str) -> list[Expectation]:
    """A text rule that each row may break with a warning, and that stops the load once more rows than `most` do."""
    return [
        reported(column, what, regex, because),
        free_of(column, what, regex, too_many, tolerated=most),
    ]


def reported(column: str, what: str, regex: str, because: str) -> Expectation:
    return warning("ColumnValuesToNotMatchRegex", f"{column} has no {what}", because, column=column, regex=regex)


def key_text(column: str) -> list[Expectation]:
    """The rules for a text that a reader looks up exactly."""
    slip = "One shop's slip is a warning; in one row of a hundred it is our own decoding."
    rare = "UTF-8 or EUC-KR read as Latin-1; a real accent is rare, so one row in a thousand is too many."
    return [
        filled(column, "It is part of the key; PostgreSQL refuses a null key."),
        critical(
            "ColumnValuesToMatchRegex",
            f"{column} has a letter or a digit",
            "A blank key answers no question, and neither do dots, dashes and invisible characters.",
            column=column,
            regex=names.LETTER,
        ),
        free_of(column, "stand-in for nothing", names.STAND_INS, "A null that was turned into text is still no name."),
        free_of(
            column, "control character", names.CONTROL, "PostgreSQL refuses NUL, and no name has tabs or line ends."
        ),
        free_of(
            column,
            "decomposed Hangul",
            names.DECOMPOSED_HANGUL,
            "Names are composed (NFC): the same name in two spellings makes two keys.",
        ),
        *seldom(
            column,
            "invisible character",
            names.INVISIBLE,
            "The reader looks names up exactly and cannot type these.",
            0.01,
            slip,
        ),
        *seldom(
            column,
            "undecodable character",
            UNDECODABLE,
            "The page's charset was not the one it was read in.",
            0.01,
            slip,
        ),
        *seldom(column, "misread Korean", MISREAD, "UTF-8 or EUC-KR read as Latin-1.", 0.001, rare),
        reported(column, "outer, double or odd space", ODD_SPACE, "The reader looks names up exactly."),
        critical(
            "ColumnValueLengthsToBeBetween",
            f"{column} has at most {names.LONGEST} characters",
            "The longest seen is under 100; past about 2,700 bytes PostgreSQL cannot index the key.",
            column=column,
            max_value=names.LONGEST,
        ),
    ]


def bounded(column: str, low: float, high: float, because: str) -> Expectation:
    must = f"{column} is between {low:,} and {high:,}"
    return critical("ColumnValuesToBeBetween", must, because, column=column, min_value=low, max_value=high)


def at_least(larger: str, smaller: str, because: str, rule: Callable[..., Expectation] = critical) -> Expectation:
    """`rule` is `critical` or `warning`. A row where one of the two values is missing is left out."""
    return rule(
        "ColumnPairValuesAToBeGreaterThanB",
        f"{larger} is never below {smaller}",
        because,
        column_A=larger,
        column_B=smaller,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    )
