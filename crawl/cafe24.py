"""The Cafe24 engine: one saved product page in, one offer out, by the supplier's own rules and then by the platform's habits.

A new shop on this platform needs a YAML file: with `fields` where its pages have labels of their own, without where the usual ones do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from conf.supplier import Rule, Supplier
from crawl import structured
from crawl.habits import AREAS, HABITS, NO_OTHER_CODE, ONE_NUMBER
from crawl.label_words import is_head, is_section, label_key, says_nothing
from crawl.layout import Labels, below_heading, blocks_of, is_other_money
from crawl.links import category_of
from crawl.nodes import SILENT, Void, compact, is_one_text, is_struck, text_of, unstrike
from crawl.offer import PageError, PageFields
from crawl.page_limits import is_too_deep
from crawl.product_part import may_be_elsewhere, product_part
from crawl.reasons import Reason
from crawl.refusals import refuse_no_offer
from crawl.text import PageText, composed, one_line

# What a skin writes behind a value to press.
_BUTTONS = (" 복사", " 복사하기", " 더보기", " 더 보기", " 자세히 보기")
_ALWAYS_THERE = ("name", "part_no", "price", "cars")


class _Page:
    """One parsed page, or a part of it; the costly readings are made when the first rule asks for them."""

    def __init__(self, page: PageText, url: str, part: str | None = None) -> None:
        self._page = page
        self.url = url
        self.tree = _parsed(part or page.text)
        self._whole = None if part else self.tree
        self._labels: dict[str, Labels] = {}
        self._areas: list[LexborNode] | None = None
        self.shows_hidden = False

    @property
    def text(self) -> str:
        return self._page.text

    def widen(self, rules: list[Rule]) -> bool:
        """From now on looks for labels outside of the platform's blocks too: a stray end tag in a description closes those early. False
        where the rest of the page has none of the labels.
        """
        body = self.tree.body
        if body is None or self.areas == [body]:
            return False
        said = compact(_outside(body, self.areas))
        if not any(label_key(words) in said for rule in rules for words in (*rule.label, *rule.heading)):
            return False
        self._labels, self._areas = {}, [body]
        return True

    def unstrike(self) -> bool:
        """Lets what is struck out count as well; False where nothing is."""
        self._labels, self._areas = {}, None
        return self.tree.root is not None and unstrike(self.tree.root)

    @property
    def whole(self) -> LexborHTMLParser:
        """The whole page, for what may stand anywhere in it."""
        if self._whole is None:
            self._whole = _parsed(self.text)
        return self._whole

    @property
    def areas(self) -> list[LexborNode]:
        if self._areas is None:
            found = _outermost(self.tree.css(AREAS))
            self._areas = found or [node for node in (self.tree.body, self.tree.root) if node is not None][:1]
        return self._areas

    def labels(self, within: str | None) -> Labels:
        key = within or ""
        if key not in self._labels:
            self._labels[key] = Labels(self.tree.css(within) if within else self.areas)
        return self._labels[key]


def _parsed(source: str) -> LexborHTMLParser:
    if is_too_deep(source):
        raise PageError(Reason.PARSE_ERROR, "the page nests thousands of elements")
    return LexborHTMLParser(source)


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Nodes that are not inside another one of the list."""
    chosen = {node.mem_id for node in nodes}
    kept = []
    for node in nodes:
        parent = node.parent
        while parent is not None and parent.mem_id not in chosen:
            parent = parent.parent
        if parent is None:
            kept.append(node)
    return kept


def _outside(body: LexborNode, areas: list[LexborNode]) -> Iterator[LexborNode]:
    """The elements of a page beside its areas and what is around them."""
    known, around = {body.mem_id, *(area.mem_id for area in areas)}, [body]
    for area in areas:
        while (node := area.parent) is not None and node.mem_id not in known:
            known.add(node.mem_id)
            around.append(node)
            area = node
    for node in around:
        child = node.first_child
        while child is not None:
            if child.mem_id not in known and child.tag not in SILENT:
                yield child
            child = child.next


def read_page(source: PageText, url: str, supplier: Supplier) -> PageFields:
    """The offer of a product page. Raises `PageError` where it has none of name, part number and price."""
    rules, part = _rules_of(supplier), product_part(source)
    page = _Page(source, url, part)
    found = {field: _by_rules(page, rules[field], supplier, field) for field in rules}
    missing = [field for field in ("part_no", "cars") if rules[field] and not found[field]]
    if missing and page.widen([rule for field in missing for rule in rules[field]]):
        found |= {field: _by_rules(page, rules[field], supplier, field) for field in missing}
    missing = [field for field in _ALWAYS_THERE if rules[field] and not found[field]]
    if missing and part and may_be_elsewhere(source.text, part, [rule for field in missing for rule in rules[field]]):
        page = _Page(source, url)
        found |= {field: _by_rules(page, rules[field], supplier, field) for field in rules if not found[field]}
    unsaid = [field for field in ("name", "part_no", "price") if rules[field] and not found[field]]
    if unsaid:
        said = _said_to_machines(page, found["name"])
        found |= {field: said[field] for field in unsaid if not says_nothing(said[field] or "", field)}
    missing = [field for field in missing if not found[field]]
    page.shows_hidden = True
    for field in missing:
        found[field] = _by_rules(page, [rule for rule in rules[field] if rule.css], supplier, field)
    missing = [field for field in missing if not found[field]]
    if missing and page.unstrike():
        found |= {field: _by_rules(page, rules[field], supplier, field) for field in missing}
    fields = PageFields(
        name=composed(found["name"]),
        official_name=composed(found["official_name"]),
        part_no=composed(found["part_no"]),
        price_text=composed(found["price"]),
        applicable_text=composed(found["cars"]),
        category=composed(found["category"]),
    )
    refuse_no_offer(source, url, fields.name, bool(fields.part_no or fields.price_text), supplier.removed_texts)
    return fields


def _rules_of(supplier: Supplier) -> dict[str, list[Rule]]:
    """The supplier's rules, then the platform's; a field that the supplier leaves empty on purpose (`[]`) is not looked for."""
    rules = {}
    for field, usual in HABITS.items():
        own = getattr(supplier.fields, field)
        rules[field] = [] if own == [] else [*(own or []), *usual]
    return rules


def _by_rules(page: _Page, rules: list[Rule], supplier: Supplier, field: str) -> str | None:
    """The text of the first rule that finds one with a meaning. For cars a text such as "see below" is kept as well: no text at all would
    mean all cars.
    """
    later = None
    for rule in rules:
        if text := _apply(page, rule, supplier, field):
            if not says_nothing(text, field):
                return one_line(text) if field in ("name", "official_name", "category") else text
            later = later or text
    return later if field == "cars" else None


def _apply(page: _Page, rule: Rule, supplier: Supplier, field: str) -> str | None:
    text = _find(page, rule, supplier, field)
    if text and "{$" in text:
        return None  # a skin's variable that the platform has not filled
    if text and text.endswith(_BUTTONS):
        text = text.removesuffix(next(filter(text.endswith, _BUTTONS))).rstrip()
    if text and rule.match:
        found = re.search(rule.match, text)
        text = (found.group(1) if found.re.groups else found.group(0)) if found else None
    return text or None


def _find(page: _Page, rule: Rule, supplier: Supplier, field: str) -> str | None:
    if rule.label:
        return page.labels(rule.within).value(rule.label, field, rule.match)
    if rule.css:
        return _first_of(page, rule.css, field)
    if rule.heading:
        return below_heading(page.areas, rule.heading)
    if rule.script:
        text = structured.script_variable(page.text, rule.script)
        return (
            structured.in_currency(text, structured.mall_currency(page.text))
            if text and "price" in rule.script
            else text
        )
    if rule.meta:
        # Most pages have no tag of a sale, and to read the whole page for it is costly.
        text = structured.meta(page.whole, rule.meta) if rule.meta in page.text else None
        return _without_shop(text, page, supplier) if text and rule.meta == "og:title" else text
    if rule.bracket_of:
        return last_bracket(_apply(page, rule.bracket_of, supplier, field) or "")
    if rule.breadcrumb:
        return _breadcrumb(page)
    return supplier.category_name(category_of(page.url))


def _first_of(page: _Page, css: str, field: str) -> str | None:
    """The first element that says something and is this product's; mobile skins give each row of a list the ids of a product's own page."""
    void, blocks = Void(), blocks_of(field)
    for node in page.tree.css(css):
        text = text_of(node, blocks)
        wrong = not text or is_head(text) or is_section(text) or is_struck(node) or void.is_of_another_product(node)
        wrong = wrong or not (blocks == "\n" or is_one_text(node)) or (field == "price" and is_other_money(node))
        if not wrong and (page.shows_hidden or not void.is_inside_hidden(node)):
            return text
    return None


def _without_shop(title: str, page: _Page, supplier: Supplier) -> str:
    """`패드 - 가게`, `[가게] 패드`: skins write the shop's name behind the product's or in front of it."""
    for shop in (structured.meta(page.whole, "og:site_name"), supplier.name):
        own = re.escape(shop or "")
        if shop and (found := re.fullmatch(rf"(.*\S)\s*[-|:·–]\s*{own}|(?:\[{own}\]|{own}\s*[-|:·–])\s*(\S.*)", title)):
            return found.group(1) or found.group(2)
    return title


def last_bracket(text: str) -> str | None:
    """What the last bracket group of a text holds: `필터 (281131R100)` -> `281131R100`."""
    groups = re.findall(r"[(（]([^()（）]+)[)）]", text)
    return one_line(groups[-1]) or None if groups else None


def _breadcrumb(page: _Page) -> str | None:
    """The last entry of the path above the product, which is its category."""
    for node in page.tree.css(".xans-product-headcategory, .path, .breadcrumb"):
        entries = [
            text for entry in node.css("li, a") if (text := text_of(entry)) and text.casefold() not in ("home", "홈")
        ]
        if entries:
            return entries[-1]
    return None


def _said_to_machines(page: _Page, name: str | None) -> dict[str, str | None]:
    """Name, part number and price of the page's JSON-LD, or else of its microdata."""

    def titles() -> Iterator[str | None]:
        title = page.whole.css_first("title")
        yield from (name, structured.meta(page.whole, "og:title"), title.text() if title is not None else None)

    product = structured.json_ld_product(page.text, page.url, titles) or {}
    element = structured.microdata_product(page.whole, titles) if "itemprop" in page.text else None
    said = {prop: structured.json_ld_text(product, prop) for prop in ("name", "mpn", "sku")}
    price = structured.json_ld_price(product)
    if element is not None:
        said = {prop: text or structured.microdata(element, prop) for prop, text in said.items()}
        price = price or structured.microdata_price(element)
    code = re.search(NO_OTHER_CODE, said["sku"] or "") or re.search(ONE_NUMBER, said["name"] or "")
    return {"name": said["name"], "part_no": said["mpn"] or (code and code.group(1)), "price": price}
