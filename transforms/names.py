"""Patterns for the names of parts: texts that are no name, and what has to be taken off a name. Cleaning rejects a page by the first
kind, and the gate stops a mart that has such a name; so one hostile page costs its own row and not the whole day.

Written with escapes that Python, Java and Rust understand alike, because the patterns run in pandas, JVM Spark and Sail."""

from __future__ import annotations

CONTROL = r"[\u0000-\u001f\u007f-\u009f\u2028\u2029]"
DECOMPOSED_HANGUL = r"[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]"
STAND_INS = r"^(?:nan|NaN|NAN|none|None|NONE|null|Null|NULL|NA|N/A|n/a|undefined|<NA>)$"
# A digit, or a Latin, Greek, Cyrillic, Korean, Japanese or Chinese letter, in either width; Hangul's filler (U+3164) is none.
LETTER = (
    r"[0-9A-Za-z\u00c0-\u024f\u0370-\u04ff\u2160-\u217f\u3041-\u30ff\u3131-\u3163\u3165-\u318e\u4e00-\u9fff\uac00-\ud7a3"
    r"\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
)
LONGEST = 300  # the longest seen is under 100; past about 2,700 bytes PostgreSQL cannot index the key
LONGEST_SAID = 1_000  # with all that is taken off a name; on thousands of words Java's patterns run out of stack, which ends the job
# Left out of a name: characters that nobody can see, and so nobody would type in a question. The last range has no escape that all three
# understand.
INVISIBLE = (
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff" + "\U000e0000-\U000e0fff]"
)
# A run of blanks, which becomes one space. The loader folds the same characters (BLANKS in orchestration/load/publish.py).
BLANKS = r"[\t-\r \x85\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+"
# Taken off a name: one group of brackets at its end, the words for genuine parts that open it, a part number at its end.
BRACKETS_BEHIND = r"\s*[(\[（【][^()\[\]（）【】]*[)\]）】]\s*$"
GENUINE = r"^(\s*[(\[【]?((현대|기아|현대\s*/\s*기아)\s*)?(모비스|순정(\s*부?품)?)[)\]】]?\s+)+"
PART_NO_BEHIND = r"[\s,/_:·-]+[0-9A-Z][0-9]{4}[-–]?[0-9A-Z]{5,8}(\s*[xX×*]\s*[0-9]{1,3})?$"
# Nearly all names are plain words, alone or with a part number in brackets behind them, to which none of the above applies: one look
# instead of ten. Not for the words that open GENUINE.
PLAIN = r"^([가-힣][가-힣A-Za-z]*(?:(?:[-/,.] ?| )[가-힣A-Za-z]+)*)(?: ?\([0-9A-Z]+\))?$"
NOT_PLAIN = ("현대", "기아", "모비스", "순정")
