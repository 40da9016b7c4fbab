"""The cars we know, from `conf/`: the canonical list with its years, the spellings and edition names, and the cars outside the list."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property, lru_cache
from typing import NamedTuple

from conf.tables import Words, read_car_tables, words

NEVER = 9999
SHORTEST_TYPO = 3  # syllables: shorter names with a wrong letter are too often another word


class Car(NamedTuple):
    """One row of conf/car_types.csv; a car still on sale has the last year `NEVER`."""

    canonical: str
    model: str
    generation_code: str
    powertrain: str
    first_year: int
    last_year: int


class Model(NamedTuple):
    """What a spelling means: a model of the list, or a maker's model outside of it (`name` empty: the maker alone)."""

    brand: str
    name: str
    listed: bool

    @property
    def label(self) -> str:
        return self.name if self.listed else f"{self.brand} {self.name}".strip()


class Hint(NamedTuple):
    """A row of conf/car_aliases.csv, as far as it is about a generation or a powertrain."""

    model: str
    generation_code: str
    powertrain: str


class CarTable:
    """The tables of `conf/`, indexed by what a text may say. Words are upper case and NFKC."""

    def __init__(self) -> None:
        rows, self.aliases, self.others = read_car_tables()
        self.cars = tuple(_car(row) for row in rows)
        self.by_model: dict[str, tuple[Car, ...]] = _grouped(self.cars)

    @cached_property
    def models(self) -> dict[Words, Model]:
        found = {}
        for row in self.others:
            for spelling in row["words"].split("|"):
                found[words(spelling)] = Model(row["brand"], row["model"], False)
        for name in self.by_model:
            found[words(name)] = listed_model(name)
        for row in self._aliases("model"):
            found[words(row["words"])] = listed_model(row["value"])
        return found

    @cached_property
    def codes(self) -> dict[str, tuple[Hint, ...]]:
        """Each generation code with the models it stands for; the same code is used for several."""
        found: dict[str, list[Hint]] = defaultdict(list)
        for car in self.cars:
            found[car.generation_code].append(Hint(car.model, car.generation_code, ""))
        for row in self._aliases("code"):
            found[_word(row)].append(Hint(row["value"], row["generation_code"], row["powertrain"]))
        return {code: tuple(dict.fromkeys(hints)) for code, hints in found.items()}

    @cached_property
    def other_codes(self) -> dict[str, Model]:
        return {
            code: Model(row["brand"], row["model"], False)
            for row in self.others
            for code in row["codes"].upper().split("|")
            if code
        }

    @cached_property
    def editions(self) -> dict[str, dict[Words, str]]:
        """By model, longest first: the names of face-lifts and trims that were sold in one generation only."""
        found: dict[str, dict[Words, str]] = defaultdict(dict)
        longest_first = sorted(self._aliases("edition"), key=lambda row: -len(words(row["words"])))
        for row in longest_first:
            found[row["value"]][words(row["words"])] = row["generation_code"]
        return found

    @cached_property
    def telling_editions(self) -> dict[Words, str]:
        """Edition names that say their model without its name."""
        return {words(row["words"]): row["value"] for row in self._aliases("telling")}

    @cached_property
    def powertrains(self) -> dict[Words, str]:
        return {words(row["words"]): row["powertrain"] for row in self._aliases("powertrain")}

    def powertrains_in(self, tokens: Words) -> set[str]:
        """Every powertrain that one to three words in a row name."""
        begins = [place for place, word in enumerate(tokens) if word in self._powertrain_begins]
        phrases = (tokens[place : place + length] for place in begins for length in (1, 2, 3))
        return {self.powertrains[phrase] for phrase in phrases if phrase in self.powertrains}

    @cached_property
    def powertrain_words(self) -> frozenset[str]:
        return frozenset(word for phrase in self.powertrains for word in phrase)

    @cached_property
    def _powertrain_begins(self) -> frozenset[str]:
        return frozenset(phrase[0] for phrase in self.powertrains)

    @cached_property
    def brands(self) -> dict[str, str]:
        return {_word(row): row["value"] for row in self._aliases("brand")}

    @cached_property
    def every_car(self) -> frozenset[Words]:
        return frozenset(words(row["words"]) for row in self._aliases("all"))

    @cached_property
    def harmless(self) -> frozenset[str]:
        return frozenset(_word(row) for row in self._aliases("word"))

    @cached_property
    def atoms(self) -> frozenset[str]:
        """Every word of every phrase: what a run of letters may be taken apart into."""
        phrases = [*self.models, *self.powertrains, *self.every_car, *(p for of in self.editions.values() for p in of)]
        phrases += self.telling_editions
        return frozenset(
            {word for phrase in phrases for word in phrase} | self.harmless | set(self.brands) | set(self.codes)
        )

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Words of the names of cars outside the list: beside a code they are as strange as unknown ones (`TM 케이블`, read as a 세이블)."""
        names = {word for phrase, model in self.models.items() if not model.listed for word in phrase}
        own = {word for phrase, model in self.models.items() if model.listed for word in phrase}
        phrases = [*self.powertrains, *self.every_car, *(p for of in self.editions.values() for p in of)]
        said = {word for phrase in phrases for word in phrase} | self.harmless | set(self.brands) | set(self.codes)
        return frozenset(names - own - said)

    def misspelt(self, word: str) -> str | None:
        """The name that a word is with one wrong letter, unless it could be two names or is a word of its own."""
        if word in self.ordinary or word in self.atoms:
            return None
        names = {
            name
            for place in range(len(word))
            for name in self._gapped.get((word[:place], word[place + 1 :]), ())
            if _is_one_letter_off(word[place], name[place])
        }
        models = {self.models.get((name,)) for name in names}
        return min(names) if len(models) == 1 else None

    @cached_property
    def _gapped(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Every Korean name of three syllables or more by what is left of it without one of them. A usual misspelling is no
        name to be misspelt once more (`아반트`, as 아우디 calls its estates, is not `아반테`)."""
        misspellings = {words(row["words"]) for row in self._aliases("model") if row["source"] == "usual misspelling"}
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for name in {word for phrase in self.models if phrase not in misspellings for word in phrase} - self.ordinary:
            if len(name) >= SHORTEST_TYPO and is_korean(name):
                for place in range(len(name)):
                    found[name[:place], name[place + 1 :]].add(name)
        return {gap: tuple(sorted(names)) for gap, names in found.items()}

    @cached_property
    def latin_names(self) -> frozenset[str]:
        return frozenset(
            word
            for phrase in self.models
            for word in phrase
            if len(word) >= 3 and word.isascii() and not word.isdigit()
        )

    @cached_property
    def latin_pieces(self) -> frozenset[str]:
        """What may stand glued around the name of a model."""
        powertrains = {phrase[0] for phrase in self.powertrains if len(phrase) == 1 and phrase[0].isascii()}
        editions = {word for of in self.editions.values() for phrase in of for word in phrase if word.isascii()}
        small = {"NEW", "THE", "N", *"123456789"}
        return self.latin_names | set(self.codes) | powertrains | editions | small

    @cached_property
    def ordinary(self) -> frozenset[str]:
        """Names of cars that are ordinary words as well, and words that look like a misspelt name."""
        return frozenset(_word(row) for row in self._aliases("ordinary"))

    @cached_property
    def family(self) -> dict[str, str]:
        """`아반떼 N` belongs to `아반떼`, `그랜드 스타렉스` to `스타렉스`; a model without a shorter one belongs to itself."""
        return {
            model: next((base for base in self.by_model if base != model and base in model.split(" ", 1)), model)
            for model in self.by_model
        }

    def _aliases(self, kind: str) -> list[dict[str, str]]:
        return [row for row in self.aliases if row["kind"] == kind]


@lru_cache(maxsize=1)
def car_table() -> CarTable:
    return CarTable()


@lru_cache(maxsize=1)
def car_labels() -> frozenset[str]:
    """Every value that `car_type` can have."""
    table = car_table()
    outside = {Model(row["brand"], row["model"], False).label for row in table.others} | set(table.brands.values())
    return frozenset({car.canonical for car in table.cars} | set(table.by_model) | outside | {"all", "unknown"})


def _word(row: dict[str, str]) -> str:
    return words(row["words"])[0]


def is_korean(word: str) -> bool:
    return all("가" <= letter <= "힣" for letter in word)


def _is_one_letter_off(one: str, other: str) -> bool:
    """Whether two syllables differ in one of their consonants or in the vowel."""
    return sum(a != b for a, b in zip(_letters(one), _letters(other), strict=True)) == 1


def _letters(syllable: str) -> tuple[int, int, int]:
    first, rest = divmod(ord(syllable) - ord("가"), 21 * 28)
    return first, *divmod(rest, 28)


def _car(row: dict[str, str]) -> Car:
    years = int(row["first_year"]), int(row["last_year"] or NEVER)
    return Car(row["canonical"], row["model"], row["generation_code"], row["powertrain"], *years)


def _grouped(cars: tuple[Car, ...]) -> dict[str, tuple[Car, ...]]:
    found: dict[str, list[Car]] = defaultdict(list)
    for car in cars:
        found[car.model].append(car)
    return {model: tuple(members) for model, members in found.items()}


def listed_model(name: str) -> Model:
    """A model of conf/car_types.csv, by its name there."""
    return Model("제네시스" if name in GENESIS else "현대", name, True)


GENESIS = ("G70", "G80", "G90", "GV60", "GV70", "GV80", "EQ900")
