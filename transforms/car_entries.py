"""Takes a cell apart into entries, one a car: what a piece of text leaves unsaid (its model, code or years) it takes from
the entries beside it."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import NamedTuple

from conf.tables import Words
from transforms.car_choice import BESIDE_NAME
from transforms.car_table import GENESIS, Model, car_table
from transforms.car_words import entry_words, measures_removed, split_cell
from transforms.car_years import Span, take_years

_PREFIXES = frozenset("더 디 뉴 올 THE ALL NEW 신형 구형".split())
_LETTER = re.compile("[A-Z가-힣]")
_ENGINES = re.compile(r"[\s()\[\]]*(?:ICE[\s()\[\]]*)+")
_ELECTRIFIED = re.compile(r"(?:EV|하이브리드|일렉트릭)$")
_NOT_SPORT = frozenset("라인 LINE 퍼포먼스 PERFORMANCE".split())  # `N 라인` is a trim


class Entry(NamedTuple):
    """Words that belong to one car."""

    text: str
    words: Words
    model: Model | None
    years: Span


class _Hit(NamedTuple):
    """A model in a list of words, `None` for every car."""

    begin: int
    end: int
    model: Model | None


def entries(plain: str) -> list[Entry]:
    """`plain` went through `plain_lines`."""
    pieces = split_cell(plain)
    own = [_entries_of_its_own(piece) for piece in pieces]
    if all(own):  # as in most cells: the long way below would find the same
        return _handed_out([entry for of in own for entry in of])
    found: list[Entry] = []
    earlier: Entry | None = None
    for part in _handed_out([part for piece in _years_joined(pieces) for part in _entries_of(piece)]):
        for entry in _divided(part, earlier):
            whole = entry if entry.model else _inherit(entry, earlier)
            if found and _is_heading(found[-1], entry, whole):
                found.pop()
            found.append(whole)
            earlier = found[-1] if found[-1].model else earlier
    return [
        entry if entry.model else _inherit_forward(entry, found[number + 1 :]) for number, entry in enumerate(found)
    ]


@lru_cache(maxsize=100_000)
def _entries_of_its_own(piece: str) -> tuple[Entry, ...]:
    """The entries of a piece that takes nothing from the pieces beside it, since each has its model; else none."""
    if _says_no_car(piece, []):
        return ()
    found, codes = _entries_of(piece), car_table().codes
    is_whole = all(
        entry.model and (entry.words[0] not in codes or _owns(entry.model, None, entry.words[0])) for entry in found
    )
    return found if is_whole else ()


def _handed_out(parts: list[Entry]) -> list[Entry]:
    """`그랜저/쏘나타 HG,YF`, `쏘나타/그랜저 (YF/HG)`: the codes behind the last of several names go to the bare names in front of it
    where each code is one name's alone."""
    if not any(_named(part.words) for part in parts):
        return parts
    done: list[Entry] = []
    while len(parts) > 1:
        bare = len(list(itertools.takewhile(lambda part: _named(part.words), parts)))
        named, lists = parts[: bare + 1], _code_lists(parts[bare:]) if 0 < bare < _MANY else []
        codes = [code for of in lists for code in of]
        own = [tuple(code for code in codes if part.model and _is_about((code,), part.model)) for part in named]
        if any(own[:-1]) and sorted(code for of in own for code in of) == sorted(codes):
            last, years = named[-1], parts[bare + len(lists) - 1].years
            named[-1] = last._replace(words=tuple(word for word in last.words if word not in lists[0]))
            done += [_with_codes(part, of, years) if of else part for part, of in zip(named, own, strict=True)]
            parts = parts[bare + len(lists) :]
        else:
            done += named
            parts = parts[bare + 1 :]
    return done + parts


_MANY = 10  # names: nobody writes their codes behind so many


@lru_cache(maxsize=100_000)
def _named(words: Words) -> Model | None:
    """The model whose name the words are, alone or beside its maker's: `현대 그랜저`."""
    table = car_table()
    return table.models.get(tuple(word for word in words if word not in table.brands))


def _with_codes(part: Entry, codes: Words, years: Span) -> Entry:
    words = part.words + codes
    return Entry(" ".join(words), words, part.model, years)


def _code_lists(parts: list[Entry]) -> list[Words]:
    """The codes behind the name of the first part, and those of each part behind it that is nothing else."""
    first = [_codes_behind(part) for part in parts[:1] if part.model]
    more = (_codes_behind(part) if part.model is None else () for part in parts[1:])
    return [*first, *itertools.takewhile(bool, more)] if any(first) else []


def _codes_behind(part: Entry) -> Words:
    table = car_table()
    ends = (end for end in range(len(part.words) - 1, 0, -1) if _named(part.words[:end]) == part.model)
    behind = tuple(word for word in part.words[next(ends, 0) if part.model else 0 :] if word not in table.ordinary)
    return behind if all(word in table.codes or word in table.other_codes for word in behind) else ()


def _is_heading(before: Entry, entry: Entry, whole: Entry) -> bool:
    """`현대 / 쏘나타 / LF / DN8`: a maker's name in front of its car, a bare name in front of its codes."""
    if whole.model is None:
        return False
    if before.model is None:
        return all(car_table().brands.get(word) == whole.model.brand for word in before.words)
    if entry.model is not None or not _says_generation(entry.words, whole.model):
        return False
    bare = _named(before.words) is not None and not any(word in car_table().codes for word in before.words)
    return bare and before.years is None


def says_every_car(words: Words) -> bool:
    every = car_table().every_car
    spans = ((i, j) for i in range(len(words)) for j in range(i + 1, min(i + 3, len(words)) + 1))
    return any(words[i:j] in every and not _is_all_new(words, i) for i, j in spans)


def is_sport(words: Words) -> bool:
    """`코나(OS N)` is a 코나 N; the trim `N 라인` is not."""
    return any(word == "N" and words[place + 1 : place + 2] not in _NOT_SPORT_NEXT for place, word in enumerate(words))


_NOT_SPORT_NEXT = {(word,) for word in _NOT_SPORT}


def _is_all_new(words: Words, begin: int) -> bool:
    return words[begin : begin + 2] == ("ALL", "NEW")


def _years_joined(pieces: list[str]) -> list[str]:
    """A piece of years or measures alone (`5인승/7인승`, `1.6/2.0 (2018~2020)`) belongs to the car before it, or to the one after
    it at the beginning; an engine's size behind years or a hybrid begins a second car (`1.6 (2012) / 2.0 (2018)`, `HEV/2.5T`)."""
    joined: list[str] = []
    carried = ""
    for piece in pieces:
        if not "가" <= piece[0] <= "힣" and _says_no_car(piece, joined):
            if joined:
                joined[-1] = f"{joined[-1]}, {piece}"
            else:
                carried = f"{carried} {piece}".strip()
            continue
        if joined and _is_remark(piece):
            joined[-1] += piece[piece.index(")") :]
            continue
        joined.append(f"{piece} {carried}".strip())
        carried = ""
    return joined


def _is_remark(piece: str) -> bool:
    """`쏘나타 (DN8, without HDA II) 2020`: the end of a bracket that names no car says nothing about another one."""
    end = piece.find(")")
    if end < 0 or "(" in piece[:end]:
        return False
    table, words = car_table(), entry_words(_about_car(piece))
    remarks = table.harmless - _AGES | {"II"}  # of a device as well as of a 쏘나타
    return all(word in remarks or not _is_known(word) for word in words)


_AGES = frozenset(("신형", "구형"))


def _is_known(word: str) -> bool:
    return word in car_table().atoms or word in car_table().other_codes


def _says_no_car(piece: str, before: list[str]) -> bool:
    about = _about_car(piece)
    if _LETTER.search(about) is None:
        return True
    if _ENGINES.fullmatch(about) is None:
        return False
    return not (before and (take_years(before[-1]).span or _ELECTRIFIED.search(before[-1])))


@lru_cache(maxsize=100_000)
def _about_car(piece: str) -> str:
    """The text without years and measures."""
    return measures_removed(take_years(piece).rest)


@lru_cache(maxsize=100_000)
def _entries_of(piece: str) -> tuple[Entry, ...]:
    """One entry a model: `투싼(TL) 싼타페(DM)` is two cars, `LF쏘나타 YF쏘나타` as well."""
    words = tuple(entry_words(_about_car(piece)))
    hits = _hits(words)
    if len(hits) < 2:
        return (Entry(piece, words, hits[0].model if hits else None, take_years(piece).span),)
    fronted = hits[0].begin > 0 and _owns(hits[0].model, None, words[hits[0].begin - 1])
    cuts = [0, *(_cut(words, before, after, fronted) for before, after in itertools.pairwise(hits)), len(words)]
    parts = _texts(piece, len(hits))
    return tuple(
        Entry(text, words[begin:end], hit.model, take_years(text).span)
        for text, begin, end, hit in zip(parts, cuts, cuts[1:], hits, strict=False)
    )


def _texts(piece: str, models: int) -> list[str]:
    """The parts of a piece, when it falls apart at its closing brackets into as many as it has models; else the piece for all."""
    parts = [part for part in re.split(r"(?<=[)\]])\s+|\s*\+\s*|\s+및\s+", piece) if part]
    return parts if len(parts) == models else [piece] * models


def _hits(words: Words) -> list[_Hit]:
    """The models of a text. A maker's name beside its model is not one of its own, nor is one name said twice."""
    found, position = [], 0
    while position < len(words):
        length, model = _model_at(words, position)
        if length:
            found.append(_Hit(position, position + length, model))
        position += max(length, 1)
    if len(found) < 2:
        return found
    found = [hit for hit in found if hit.model or not _says_shared(words, hit)]
    named = [hit for hit in found if hit.model is None or hit.model.name]
    if any(hit.model and hit.model.brand == "BMW" for hit in found):
        named = [hit for hit in named if not (hit.model and hit.model.name in _CODES_OF_BMW)]
    named = [hit for hit in named if not _is_brand_here(hit, named, words)]
    named = [hit for hit in named if hit.model or not _says_whole_model(words, hit, named)]
    return _said_once(named, words) or found[:1]


_CODES_OF_BMW = frozenset(("G70", "G80", "G90"))  # `BMW 7시리즈 (G70)`: its own generation codes


def _says_shared(words: Words, hit: _Hit) -> bool:
    """`쏘나타 공용` is shared by the cars that are named, not by all."""
    return hit.end - hit.begin == 1 and words[hit.begin] in car_table().ordinary


def _says_whole_model(words: Words, hit: _Hit, named: list[_Hit]) -> bool:
    """`쏘나타(전차종)` is every 쏘나타, `쏘나타 NF 전모델` every NF; `전차종 그랜저` is every car, as the shops write it."""
    codes = car_table().codes
    return any(
        before.model and before.end <= hit.begin and all(word in codes for word in words[before.end : hit.begin])
        for before in named
    )


def _said_once(hits: list[_Hit], words: Words) -> list[_Hit]:
    """`그랜저(GRANDEUR) IG` names one model, and so does `싼타페 더 프라임 (SANTAFE)`."""
    once: list[_Hit] = []
    for hit in hits:
        again = once and once[-1].model == hit.model
        translated = again and words[hit.begin].isascii() and not words[once[-1].begin].isascii()
        if again and (translated or once[-1].end == hit.begin):
            once[-1] = once[-1]._replace(end=hit.end)
        else:
            once.append(hit)
    return once


def _is_brand_here(hit: _Hit, named: list[_Hit], words: Words) -> bool:
    """`제네시스 G80` and `제네시스 디 올 뉴 G80` are a G80: the maker is named like its first car."""
    if hit.model is None or hit.model.name != "제네시스":
        return False
    following = next((other for other in named if other.begin >= hit.end), None)
    return (
        following is not None
        and following.model is not None
        and following.model.name in GENESIS
        and all(word in _PREFIXES or (word,) in car_table().powertrains for word in words[hit.end : following.begin])
    )


def _model_at(words: Words, position: int) -> tuple[int, Model | None]:
    table = car_table()
    for length in range(min(4, len(words) - position), 0, -1):
        phrase = words[position : position + length]
        end = position + length
        if phrase in table.every_car and not _is_all_new(words, position):
            return length, None
        if phrase in table.models and not (phrase[-1] == "N" and words[end : end + 1] in _NOT_SPORT_NEXT):
            return length, table.models[phrase]
    return 0, None


def _cut(words: Words, before: _Hit, after: _Hit, fronted: bool) -> int:
    """Where the words of the next car begin: its own prefixes and codes may stand before its name.

    `fronted` says that codes stand before names in this text: `LF쏘나타 YF쏘나타`.
    """
    cut = after.begin
    while cut > before.end and (
        words[cut - 1] in _PREFIXES
        or words[cut - 1] in car_table().brands
        or _owns(after.model, None if fronted else before.model, words[cut - 1])
    ):
        cut -= 1
    return cut


def _owns(model: Model | None, other: Model | None, word: str) -> bool:
    owners = {hint.model for hint in car_table().codes.get(word, ())}
    return model is not None and model.name in owners and (other is None or other.name not in owners)


def _divided(entry: Entry, earlier: Entry | None) -> tuple[Entry, ...]:
    """`CM/DM 투싼`: codes in front of a name that cannot have them belong to the car before, where it can."""
    if entry.model is None or earlier is None or earlier.model is None:
        return (entry,)
    model, before = entry.model, earlier.model
    codes = list(
        itertools.takewhile(
            lambda word: word in car_table().codes and not _owns(model, None, word) and _is_about((word,), before),
            entry.words,
        )
    )
    if not codes:
        return (entry,)
    return entry._replace(words=tuple(codes), model=None, years=None), entry._replace(words=entry.words[len(codes) :])


def _inherit(entry: Entry, earlier: Entry | None) -> Entry:
    """`그랜저 IG/HG`: an entry that only says more about a car means another one of the same model, and of the same
    generation when it names none (`LF 하이브리드/가솔린`, `더 뉴 그랜저 / LPG`)."""
    if earlier is None or earlier.model is None:
        return entry
    if says_every_car(entry.words):
        words = tuple(word for word in entry.words if word not in car_table().ordinary)  # `그랜저 IG/HG 공용`
        if says_every_car(words) or not any(word in car_table().codes for word in words):
            return entry
        entry = entry._replace(words=words)
    if not entry.words:
        return entry
    if not _is_about(entry.words, earlier.model):
        codes = _leading_codes(entry.words, earlier)
        if not codes:
            return entry
        entry = entry._replace(words=codes)
    model = _of_family(earlier.model, entry.words)
    inherited = entry._replace(model=model, text=f"{model.name} {entry.text}")
    if _says_generation(entry.words, earlier.model):
        return inherited
    fuels = car_table().powertrain_words
    said = tuple(word for word in earlier.words if word in car_table().codes or word not in fuels)
    return inherited._replace(words=said + entry.words, years=entry.years or earlier.years)


def _leading_codes(words: Words, earlier: Entry) -> Words:
    """`그랜저 HG/IG 앞범퍼`: a code behind a code is another car of the name, whatever is said about both."""
    codes, model = car_table().codes, earlier.model
    if model is None or earlier.words[-1] not in codes:
        return ()
    return tuple(itertools.takewhile(lambda word: word in codes and _is_about((word,), model), words))


def _of_family(model: Model, words: Words) -> Model:
    """`아반떼 XD/HD`: a code that the earlier car does not have is that of another name of its family."""
    family = car_table().family
    owners = [{hint.model for hint in car_table().codes[word]} for word in words if word in car_table().codes]
    kin = [name for of in owners for name in sorted(of) if family[name] == family.get(model.name)]
    return model._replace(name=kin[0]) if kin and not any(model.name in of for of in owners) else model


def _says_generation(words: Words, model: Model) -> bool:
    """A fuel says none: the 디젤 of the 코나 was an OS, but `코나 OS 가솔린/디젤/하이브리드` names that already."""
    table = car_table()
    editions = table.editions.get(model.name, {})
    telling = {word for phrase in editions for word in phrase} - table.harmless | {
        p[0] for p in editions if len(p) == 1 and p not in BESIDE_NAME
    }
    return any(word in table.codes or (word in telling and (word,) not in table.powertrains) for word in words)


def _inherit_forward(entry: Entry, following: list[Entry]) -> Entry:
    """`OS/SX2 코나`: codes before a slash belong to the model after it."""
    after = next((later for later in following if later.model), None)
    codes = [word for word in entry.words if word in car_table().codes]
    if after is None or after.model is None or not codes:
        return entry
    if not _is_about(entry.words, after.model):
        return entry
    return entry._replace(model=after.model, text=f"{entry.text} {after.model.name}")


def _is_about(words: Words, model: Model) -> bool:
    """Whether the words are only such as say more about this model."""
    about, other_codes = _about_family(model.name), car_table().other_codes
    return all(word in about or other_codes.get(word) == model for word in words)


@lru_cache(maxsize=1_000)
def _about_family(name: str) -> frozenset[str]:
    """The words beside the names of a model and of those that are sold as the same: codes, editions, powertrains, harmless words."""
    table = car_table()
    family = {kin for kin, base in table.family.items() if base == table.family.get(name)}
    editions = {word for kin in family for phrase in table.editions.get(kin, {}) for word in phrase}
    codes = {code for code, hints in table.codes.items() if any(hint.model in family for hint in hints)}
    fuels = {phrase[0] for phrase in table.powertrains if len(phrase) == 1}
    return frozenset(table.harmless | editions | codes | fuels)
