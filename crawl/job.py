"""The order a Lambda function gets: which source, day and run, and the supplier as it was when the run began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conf.supplier import Supplier
from crawl.status import Ledger
from crawl.storage import Places, Store


@dataclass(frozen=True)
class Job:
    """One source's crawl of one run, as `prepare` wrote it."""

    supplier: Supplier
    dt: str
    run_id: str
    mode: str
    round_no: int
    max_rounds: int
    max_pages: int | None
    count: int | None
    store: Store
    places: Places
    ledger: Ledger

    @classmethod
    def of(cls, event: dict[str, Any]) -> Job:
        """Reads the order's input from S3."""
        store = Store()
        order = store.read_json(event["input"])
        supplier = Supplier.model_validate(order["supplier"])
        return cls(
            supplier=supplier,
            dt=order["dt"],
            run_id=event.get("run_id") or order["run_id"],
            mode=event.get("mode", "crawl"),
            round_no=int(event.get("round", 0)),
            max_rounds=int(event.get("max_rounds", 0)),
            max_pages=order.get("max_pages"),
            count=order.get("count"),
            store=store,
            places=Places(order["raw"], supplier.id, order["dt"], event.get("run_id") or order["run_id"]),
            ledger=Ledger(order["table"], supplier.id, order["dt"]),
        )
