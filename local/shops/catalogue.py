"""The truth about the demo shops: what each sells on a day, what its pages say, and which pages fail. Deterministic in the day
and the number of products, and made product by product, so that 81,000 products a shop cost nothing until asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from random import Random
from typing import NamedTuple
from urllib.parse import quote

from local.shops.cars import Car, CarText, draw_cars, write_cars
from local.shops.faults import Fault, fault_of
from local.shops.vocabulary import PART_NAMES, PartName

# category number and name by group; the order is the shop's own
CATEGORIES: dict[str, dict[int, tuple[str, tuple[str, ...]]]] = {
    "partsro": {
        177: ("엔진", ("engine",)), 178: ("미션", ("mission",)), 179: ("샤시", ("chassis",)), 180: ("바디", ("body", "etc")),
        181: ("트림", ("trim", "electric")),
    },
    "hyunki_store": {
        50: ("엔진", ("engine",)), 51: ("미션", ("mission",)), 52: ("샤시", ("chassis",)), 53: ("바디", ("body",)),
        54: ("트림", ("trim",)), 55: ("전기장치", ("electric",)), 57: ("기타", ("etc",)),
    },
    "hyunki_market": {
        55: ("엔진", ("engine",)), 56: ("트림", ("trim",)), 58: ("미션", ("mission",)), 59: ("샤시", ("chassis",)),
        60: ("바디", ("body",)), 61: ("기타", ("etc",)), 63: ("전장", ("electric",)),
    },
}  # fmt: skip
SOURCES = tuple(CATEGORIES)
FIRST_NUMBER = 10_001
_LEVEL = {"partsro": 1.0, "hyunki_store": 1.06, "hyunki_market": 0.97}
_LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWX"
_PRICE_LASTS_DAYS = 33


class Part(NamedTuple):
    """A part as its maker sells it, the same for every shop."""

    part_no: str
    kind: PartName
    cars: tuple[Car, ...]
    base_krw: int


class Offer(NamedTuple):
    """The raw fields that a right reading of the page gives."""

    category: str | None
    name: str
    official_name: str | None
    part_no: str | None
    price_text: str
    applicable_text: str | None


class Product(NamedTuple):
    """One product of one shop on one day: the page's texts, and what they mean.

    `price_krw` is what one selling unit costs, None where the page gives no price; `pack` is how many pieces that unit has.
    `paths` are its addresses, one per category it is listed in. `oddity` names what is unusual about its price, if anything.
    """

    source: str
    product_no: int
    part_numbers: tuple[str, ...]
    pack: int
    price_krw: int | None
    oddity: str | None
    car_text: CarText
    cars: tuple[str, ...]
    categories: tuple[int, ...]
    paths: tuple[str, ...]
    offer: Offer
    row_part_no: str | None
    fault: Fault | None

    @property
    def succeeds(self) -> bool:
        return self.fault is None or self.fault.recovers


@dataclass
class Shop:
    """One shop on one day."""

    source: str
    dt: str
    products: int
    faults: bool
    _ordinal: int = field(init=False)

    def __post_init__(self) -> None:
        self._ordinal = date.fromisoformat(self.dt).toordinal()

    @property
    def categories(self) -> dict[int, str]:
        return {number: name for number, (name, _) in CATEGORIES[self.source].items()}

    @cached_property
    def listed(self) -> dict[int, list[int]]:
        """The product numbers of each category, in the order of its list."""
        lists: dict[int, list[int]] = {number: [] for number in self.categories}
        for index in range(self.products):
            for number in self._categories_of(index):
                lists[number].append(FIRST_NUMBER + index)
        return lists

    def has(self, product_no: int) -> bool:
        return FIRST_NUMBER <= product_no < FIRST_NUMBER + self.products

    def __iter__(self) -> Iterator[Product]:
        """Every planned product, once, with its truth."""
        return (self.product(FIRST_NUMBER + index) for index in range(self.products))

    def product(self, product_no: int, cate_no: int | None = None) -> Product:
        """One product, as the page under one of its categories shows it (by default the first that lists it)."""
        index = product_no - FIRST_NUMBER
        part_index = self._part_index(index)
        part = part_of(part_index)
        dice = Random(f"{self.source} {product_no}")  # noqa: S311
        written = _write_number(part, part_of(part_index + 1).part_no, dice, self.source)
        price, text, oddity = self._price(part, part_index, written.pack, dice)
        cars = write_cars(part.cars, dice, self.source)
        categories = self._categories_of(index)
        offer, row_part_no = self._offer(part, written.text, text, cars, cate_no or categories[0], dice)
        return Product(
            self.source, product_no, written.numbers, written.pack, price, oddity, cars, cars.cars, categories,
            tuple(self.path(product_no, number) for number in categories), offer, row_part_no, self.fault(product_no),
        )  # fmt: skip

    def fault(self, product_no: int) -> Fault | None:
        return fault_of(self.dt, self.source, product_no) if self.faults else None

    def path(self, product_no: int, cate_no: int) -> str:
        """The address of a product in a category, as the list API links it."""
        return f"/product/{self._slug(product_no)}/{product_no}/category/{cate_no}/display/1/"

    def list_entry(self, product_no: int, cate_no: int) -> dict[str, str]:
        """One product of the list API; its price and name are what real lists show, the page is what counts."""
        part = part_of(self._part_index(product_no - FIRST_NUMBER))
        path = self.path(product_no, cate_no)
        return {
            "product_no": str(product_no), "link_product_detail": path, "seo_url": path, "disp_product_name": part.kind.name,
            "product_name_tag": f"<span>{part.kind.name}</span>", "product_price": str(part.base_krw), "origin_prd_price_sale": "",
            "soldout_icon": "", "stock_number": "", "product_tag": "", "image_small": f"/web/product/small/{product_no}.jpg",
        }  # fmt: skip

    def _part_index(self, index: int) -> int:
        """Each shop starts a fifth further along the makers' list: three fifths of the parts are sold by all three."""
        return index + SOURCES.index(self.source) * (self.products // 5)

    def _categories_of(self, index: int) -> tuple[int, ...]:
        """One category by the part's group; every sixteenth product is listed in the shop's next one as well."""
        group = _kind(self._part_index(index)).group
        numbers = list(CATEGORIES[self.source])
        own = next(number for number, (_, groups) in CATEGORIES[self.source].items() if group in groups)
        following = numbers[(numbers.index(own) + 1) % len(numbers)]
        return (own,) if index % 16 != 5 else tuple(sorted((own, following)))

    def _slug(self, product_no: int) -> str:
        return _slug(_kind(self._part_index(product_no - FIRST_NUMBER)).name)

    def _price(self, part: Part, part_index: int, pack: int, dice: Random) -> tuple[int | None, str, str | None]:
        """A price holds for 33 days from a day of its own, so that on any day 3 in 100 prices change, by up to 4 %."""
        unit = part.base_krw * _LEVEL[self.source] * dice.uniform(0.97, 1.03)
        period = (self._ordinal + part_index * 7) // _PRICE_LASTS_DAYS
        unit *= Random(f"{self.source} {part_index} {period}").uniform(0.96, 1.04)  # noqa: S311
        price = max(10, round(unit / 10) * 10) * pack
        drawn = dice.random()
        for limit, oddity in _ODDITIES:
            if drawn < limit:
                return _odd_price(price, oddity)
        return price, f"{price:,}원", None

    def _offer(
        self, part: Part, number: str, price: str, cars: CarText, cate_no: int, dice: Random
    ) -> tuple[Offer, str | None]:
        """What the page says, by shop; the second value is the page's part number row, which hyunki_store may leave out."""
        lines = "\n".join(cars.lines) or None
        if self.source == "partsro":
            own = f"{dice.choice(('', '현대 순정 ', '[순정] '))}{part.kind.name.split('-')[0]} {part.part_no}"
            official = None if dice.random() < 0.05 else part.kind.name
            return Offer(self.categories[cate_no], own, official, number, price, lines), number
        if self.source == "hyunki_market":
            text = f"[차종 및 연식] {lines}" if lines else None
            return Offer(None, part.kind.name, None, number, price, text), number
        side = dice.random() < 0.04
        title = (
            f"{part.kind.name}({dice.choice(('좌측', '우측', 'RH', 'LH'))})"
            if side
            else f"{part.kind.name} ({part.part_no})"
        )
        row = None if not side and number == part.part_no and dice.random() < 0.15 else number
        official = f"{part.kind.name} ({part.part_no})"
        return Offer(self.categories[cate_no], title, official, row or part.part_no, price, lines), row


class _Written(NamedTuple):
    text: str
    numbers: tuple[str, ...]
    pack: int


_ODDITIES = (
    (0.015, "품절"), (0.025, "전화문의"), (0.027, "0원"), (0.032, "two amounts"), (0.035, "discount note"), (0.039, "a digit too many"),
    (0.041, "a pack's price"),
)  # fmt: skip


def _odd_price(price: int, oddity: str) -> tuple[int | None, str, str | None]:
    if oddity in ("품절", "전화문의", "0원"):
        return None, oddity, oddity
    if oddity == "two amounts":
        return price, f"{price:,}원 {round(price * 1.1):,}원", oddity
    if oddity == "discount note":
        return price, f"{price:,}원 (최대 1,500원 할인)", oddity
    shown = price * (10 if oddity == "a digit too many" else 4)
    return shown, f"{shown:,}원", oddity


def _write_number(part: Part, other: str, dice: Random, source: str) -> _Written:
    number, drawn = part.part_no, dice.random()
    if drawn < 0.08:
        return _Written(f"{number[:5]}-{number[5:]}", (number,), 1)
    if drawn < 0.12:
        pack = dice.choice((2, 4, 6, 10)) if source == "partsro" else 1
        return _Written(f"{number}x{pack}" if pack > 1 else number, (number,), pack)
    if drawn < 0.135:
        return _Written(f"단종되어 {number} 로 대체", (number,), 1)
    if drawn < 0.155:
        return _Written(f"({dice.choice(('RH', 'LH', '좌측', '우측'))}){number}", (number,), 1)
    if drawn < 0.165:
        return _Written(f"순정 부품 ({number})", (number,), 1)
    if drawn < 0.168:
        return _Written(f"{number}, {other}", (number, other), 1)
    return _Written(number, (number,), 1)


def _kind(part_index: int) -> PartName:
    """31 is prime to the number of names, so that even a handful of products has several groups."""
    return PART_NAMES[part_index * 31 % len(PART_NAMES)]


def part_of(part_index: int) -> Part:
    """The part at a place of the makers' list; no two places have the same number."""
    kind, turn = _kind(part_index), part_index // len(PART_NAMES)
    dice = Random(f"part {part_index}")  # noqa: S311
    first, rest = turn % len(_LETTERS), turn // len(_LETTERS)
    second, third = (rest + first * 7 + 1) % len(_LETTERS), rest // len(_LETTERS)
    number = f"{kind.prefix}{_LETTERS[first]}{_LETTERS[second]}{dice.randrange(10)}{third}0"
    base = max(50, round(kind.usual_krw * dice.uniform(0.6, 1.7) / 10) * 10)
    return Part(number, kind, draw_cars(dice), base)


_SLUGS = {kind.name: quote(re.sub(r"\W+", "-", kind.name).strip("-").lower()) for kind in PART_NAMES}


def _slug(name: str) -> str:
    return _SLUGS[name]


def build(dt: str, products: int, faults: bool) -> dict[str, Shop]:
    """The three shops of a day, with `products` products each."""
    return {source: Shop(source, dt, products, faults) for source in SOURCES}
