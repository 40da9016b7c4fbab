"""What a supplier's YAML may say, checked word by word before a run starts.

One file `conf/suppliers/<id>.yaml` describes one shop: where it is, what it lists, how its pages name their fields, how hard we may
knock, and what a healthy day looks like. Nothing about a shop is written anywhere else.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from conf.yaml_lines import Lines, Location, YamlMistake, read_yaml


def _no_switch(value: Any) -> Any:
    """YAML reads `yes` and `on` as true, which would pass for the number 1."""
    if isinstance(value, bool):
        raise ValueError("a number is expected, and yes, no, on, off, true and false are none")
    return value


Integer = Annotated[int, BeforeValidator(_no_switch)]
Number = Annotated[float, BeforeValidator(_no_switch)]
Share = Annotated[Number, Field(ge=0, le=1)]
Seconds = Annotated[Number, Field(gt=0, le=900)]


def _as_several(value: Any) -> Any:
    """One text where several may be said."""
    said = (value,) if isinstance(value, str) else value or ()
    if not isinstance(said, list | tuple) or not all(isinstance(each, str) and each.strip() for each in said):
        raise ValueError("a text or a list of texts is expected")
    return said


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_several)]


class SupplierError(ValueError):
    """One or more supplier files cannot be used. The message names file, line, field, value and what was expected."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Category(_Strict):
    """One category of the shop. `minimum` and `maximum` bound its number of products on a healthy day."""

    name: str = Field(min_length=1)
    cate_no: Integer = Field(gt=0)
    minimum: Integer = Field(default=1, ge=0)
    maximum: Integer | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Category:
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError(f"maximum {self.maximum} is below minimum {self.minimum}")
        return self


class Listing(_Strict):
    """How the product lists are paged."""

    path: str = "/exec/front/Product/ApiProductNormal"
    supplier_code: str = "S0000000"
    count: Integer = Field(default=500, ge=1, le=1000)
    max_pages: Integer = Field(default=400, ge=1)

    @field_validator("path")
    @classmethod
    def _is_path(cls, path: str) -> str:
        if not path.startswith("/") or "?" in path or "#" in path:
            raise ValueError("must be the address of the lists behind the host, begin with / and end before its ?")
        return path


class Budget(_Strict):
    """What we may ask of the host, all workers together, and how the work is cut."""

    max_rps: Number = Field(default=2.0, ge=0.01, le=500)
    max_concurrency: Integer = Field(default=4, ge=1, le=500)
    batch_size: Integer = Field(default=500, ge=1, le=500)
    max_workers: Integer = Field(default=50, ge=1, le=1000)
    max_page_bytes: Integer = Field(default=4_000_000, ge=1000, le=50_000_000)


class Timeouts(_Strict):
    list_s: Seconds = 15
    detail_s: Seconds = 20


class Retry(_Strict):
    """Retries in place (one worker, seconds) and between rounds of healing (minutes)."""

    attempts: Integer = Field(default=3, ge=1, le=10)
    backoff_s: Number = Field(default=0.5, ge=0, le=60)
    backoff_cap_s: Number = Field(default=20, ge=0, le=300)
    retry_after_cap_s: Number = Field(default=60, ge=0, le=600)
    round_waits_s: list[Annotated[Integer, Field(ge=0, le=3600)]] = Field(default=[60, 300, 900], min_length=1)

    @field_validator("round_waits_s")
    @classmethod
    def _growing(cls, waits: list[int]) -> list[int]:
        if waits != sorted(waits):
            raise ValueError("the waits must grow from round to round")
        return waits


class Bounds(_Strict):
    """A healthy day: products in total, share of pages with each field, and how far a count may move from day to day."""

    minimum: Integer = Field(default=1, ge=0)
    maximum: Integer | None = Field(default=None, ge=1)
    change: Share = 0.2
    coverage: dict[Literal["name", "official_name", "part_no", "price", "cars"], Share] = {}
    coverage_drop: Share = 0.05

    @model_validator(mode="after")
    def _ordered(self) -> Bounds:
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError(f"maximum {self.maximum} is below minimum {self.minimum}")
        return self


class Robots(_Strict):
    """robots.txt is obeyed unless the shop has allowed us otherwise, and then the reason is written here."""

    obey: bool = True
    reason: str | None = None

    @model_validator(mode="after")
    def _explained(self) -> Robots:
        if not self.obey and not self.reason:
            raise ValueError("'obey: false' needs a 'reason': who allowed it, and when")
        return self


class Rule(_Strict):
    """One way to find a field: exactly one of `label`, `css`, `heading`, `script`, `meta`, `bracket_of`, `url`.

    `label` is the text beside the value (a table head, a `dt`, a label span); `heading` is the text that opens a block; `bracket_of`
    takes the last bracket group of another rule's text; `within` limits a label to a part of the page.
    """

    label: Texts = ()
    css: str | None = None
    heading: Texts = ()
    script: str | None = None
    meta: str | None = None
    bracket_of: Rule | None = None
    breadcrumb: bool = False
    url: Literal["category"] | None = None
    within: str | None = None
    match: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Rule:
        ways = [way for way in RULE_WAYS if getattr(self, way)]
        if len(ways) != 1:
            raise ValueError(f"a rule says exactly one of {', '.join(RULE_WAYS)}; this one says {len(ways)}")
        if self.within and not self.label:
            raise ValueError("'within' goes with 'label' only")
        return self

    @field_validator("script", "meta")
    @classmethod
    def _is_name(cls, name: str | None) -> str | None:
        if name and re.search(r"[\s<>\"'=]", name):
            raise ValueError("must be the name alone, such as product_name or og:title")
        return name

    @field_validator("css", "within")
    @classmethod
    def _is_css(cls, selector: str | None) -> str | None:
        if selector:
            _check_selector(selector)
        return selector

    @field_validator("match")
    @classmethod
    def _is_regex(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern


RULE_WAYS = ("label", "css", "heading", "script", "meta", "bracket_of", "breadcrumb", "url")


def _check_selector(selector: str) -> None:
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        LexborHTMLParser("<p></p>").css(selector)
    except SelectolaxError as error:
        raise ValueError("not a CSS selector") from error


class Fields(_Strict):
    """Where the page says what, in order of preference. A field left out is looked for by the engine's own rules."""

    name: list[Rule] | None = None
    official_name: list[Rule] | None = None
    part_no: list[Rule] | None = None
    price: list[Rule] | None = None
    cars: list[Rule] | None = None
    category: list[Rule] | None = None


# A name without a dot is a slip, unless it is this machine's or has a port.
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?|localhost|[a-z0-9-]+:\d{1,5}")


def _is_host(host: str) -> bool:
    return _HOST.fullmatch(host) is not None and 0 < int(host.partition(":")[2] or 80) <= 65535


class Supplier(_Strict):
    """One shop, as its YAML says it."""

    id: str
    name: str = Field(min_length=1)
    engine: Literal["cafe24"]
    base_url: str
    hosts: list[str] = Field(min_length=1)
    categories: list[Category] = Field(min_length=1)
    listing: Listing = Listing()
    budget: Budget = Budget()
    timeouts: Timeouts = Timeouts()
    retry: Retry = Retry()
    bounds: Bounds = Bounds()
    robots: Robots = Robots()
    fields: Fields = Fields()
    removed_texts: Texts = ()
    notes: str = ""

    @field_validator("id")
    @classmethod
    def _is_plain(cls, name: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", name):
            raise ValueError("must be small letters, digits and _, beginning with a letter, such as partsro")
        return name

    @field_validator("base_url")
    @classmethod
    def _is_origin(cls, url: str) -> str:
        origin = url.rstrip("/")
        if not re.fullmatch(r"https?://[^/?#@\s]+", origin):
            raise ValueError("must be the shop's address without a path, such as https://shop.example.com")
        if not _is_host(origin.partition("://")[2]):
            raise ValueError(
                "must have a host in small letters, a Korean one in its xn-- form, such as https://m.example.com"
            )
        return origin

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: list[str], others: ValidationInfo) -> list[str]:
        for host in hosts:
            if not _is_host(host):
                raise ValueError(
                    f"'{host}' must be a host or host:port in small letters, such as m.example.com, a Korean one in its xn-- form"
                )
        own = urlsplit(others.data.get("base_url", "")).netloc
        if own and own not in hosts:
            raise ValueError(f"must list {own}, the host of base_url")
        return hosts

    @field_validator("categories")
    @classmethod
    def _differ(cls, categories: list[Category]) -> list[Category]:
        for field in ("name", "cate_no"):
            values = [getattr(category, field) for category in categories]
            twice = next((value for value in values if values.count(value) > 1), None)
            if twice is not None:
                raise ValueError(f"two categories have the same {field}, {twice}")
        return categories

    def category_name(self, cate_no: int | None) -> str | None:
        """The name of a category number, or None where the YAML does not list it."""
        return next((category.name for category in self.categories if category.cate_no == cate_no), None)


def load_suppliers(folder: Path, only: str | None = None) -> dict[str, Supplier]:
    """Every supplier of the folder by id, or one of them. Raises `SupplierError` that lists every mistake of every file."""
    if not folder.is_dir():
        raise SupplierError(f"There is no folder {folder} with supplier files.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yaml", ".yml"))
    if only is not None:
        files = [path for path in files if path.stem == only] or _refuse_unknown(only, files)
    if not files:
        raise SupplierError(f"The folder {folder} holds no supplier file: write one, such as {folder}/partsro.yaml.")
    suppliers: dict[str, Supplier] = {}
    mistakes: list[str] = []
    for path in files:
        try:
            suppliers[path.stem] = load_supplier(path)
        except SupplierError as error:
            mistakes.append(str(error))
    first_of: dict[str, str] = {}
    for source, supplier in suppliers.items():
        shared = {host: other for host in supplier.hosts if (other := first_of.setdefault(host, source)) != source}
        for host, other in list(shared.items())[:1]:
            mistakes.append(
                f"{folder / source}.yaml: hosts has {host}, as {other}.yaml has: the shop would be asked twice as often as each budget "
                f"says. Was the file copied? Change the address, or put all categories into one file."
            )
    if mistakes:
        raise SupplierError("\n".join(mistakes))
    return suppliers


def _refuse_unknown(only: str, files: list[Path]) -> list[Path]:
    known = ", ".join(path.stem for path in files) or "none"
    raise SupplierError(f"There is no supplier '{only}'. Known: {known}.")


def load_supplier(path: Path) -> Supplier:
    """The supplier of one file. Raises `SupplierError` with one line for each mistake."""
    if path.suffix != ".yaml":
        raise SupplierError(f"{path}: a supplier's file ends in .yaml: rename it.")
    try:
        document, lines = read_yaml(path)
    except YamlMistake as error:
        raise SupplierError(str(error)) from error
    except OSError as error:
        raise SupplierError(f"{path}: cannot be read: {error.strerror}.") from error
    if not isinstance(document, dict):
        raise SupplierError(f"{path}, line 1: must be a list of 'field: value' lines.")
    try:
        supplier = Supplier.model_validate(document)
    except ValidationError as error:
        raise SupplierError("\n".join(_sentence(path, lines, mistake) for mistake in error.errors())) from error
    if supplier.id != path.stem:
        line = lines.of(("id",))
        raise SupplierError(f"{path}, line {line}: id is '{supplier.id}', but the file is named '{path.stem}.yaml'.")
    return supplier


def _sentence(path: Path, lines: Lines, mistake: Any) -> str:
    location: Location = tuple(part for part in mistake["loc"] if part != "[key]")
    line, field = lines.of(location), _dotted(location)
    if mistake["type"] == "missing":
        return (
            f"{path}, line {line}: {field} is missing: {_EXPECTED.get(str(location[-1]), 'every supplier needs it')}."
        )
    if mistake["type"] == "extra_forbidden":
        several = mistake["input"] is None and len(location) > 1
        meant = "; several texts are a list, such as [a, b]" if several else _meant(location)
        return f"{path}, line {line}: {field} is not a field that a supplier has{meant}"
    if mistake["type"] in ("model_type", "dict_type"):
        return f"{path}, line {line}: {field} must be fields in the form 'name: value'."
    expected = mistake["msg"].removeprefix("Value error, ")
    value = mistake["input"]
    if mistake["type"] == "string_type":
        is_number = value is not None and not isinstance(value, list | dict)
        expected = "a text is expected" + (": put it into quotes" if is_number else "")
    elif mistake["type"] == "list_type":
        expected = f"must be {_EXPECTED.get(field, 'a list, such as [a, b] or lines that begin with -')}"
    said = " is empty" if value is None else f" is {value!r}" if isinstance(value, str | int | float | bool) else ""
    return f"{path}, line {line}: {field}{said}: {expected[:1].lower()}{expected[1:]}."


_EXPECTED = {
    "id": "the name of the file without .yaml",
    "name": "the name that people know it by",
    "engine": "the shop's platform, cafe24",
    "base_url": "the shop's address, such as https://m.example.com",
    "hosts": "a list of the hosts that may be asked, such as [m.example.com]",
    "categories": "a list such as - {name: 엔진, cate_no: 177}",
    "cate_no": "the category's number in the shop's addresses",
}


def _meant(location: Location) -> str:
    """`: did you mean 'max_rps'?`, or all the fields that there are, for a name that is none."""
    model: Any = Supplier
    for part in location[:-1]:
        if isinstance(part, str) and model is not None:
            model = _model_of(model.model_fields[part].annotation)
    if model is None:
        return ""
    close = get_close_matches(str(location[-1]), model.model_fields, 1)
    return f": did you mean '{close[0]}'?" if close else f"; there are {', '.join(model.model_fields)}"


def _model_of(annotation: Any) -> Any:
    """The model inside `list[Rule] | None` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_of(each)) is not None), None)


def _dotted(location: Location) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the supplier"
