"""What is no name of a part. Cleaning rejects a page whose name is one of these, and the gate stops a mart that has one, so
that a single hostile page costs its own row and not the day.

Written as escapes that Python, Java and Rust read alike, because the patterns run in pandas, JVM Spark and Sail."""

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
