"""The suppliers of `conf/` pointed at the demo shops: the same files but for the address and the patience."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# A shop on this machine needs no sparing, and a demonstration should not wait a production minute for a time-out.
IMPATIENT: dict[str, Any] = {
    "budget": {"max_rps": 500, "max_concurrency": 64, "batch_size": 100, "max_workers": 4},
    "timeouts": {"list_s": 5, "detail_s": 2},
    "retry": {"attempts": 3, "backoff_s": 0.05, "backoff_cap_s": 0.5, "retry_after_cap_s": 2, "round_waits_s": [1, 2]},
}


def write_demo_suppliers(conf: Path, target: Path, ports: dict[str, int]) -> None:
    """Writes into `target` the files of `conf` whose shop has a port; bounds meant for the real volume are left out."""
    target.mkdir(parents=True, exist_ok=True)
    for stale in target.glob("*.yaml"):
        stale.unlink()
    for source, port in ports.items():
        supplier = yaml.safe_load((conf / f"{source}.yaml").read_text(encoding="utf-8"))
        text = yaml.safe_dump(_at_port(supplier, port), allow_unicode=True, sort_keys=False)
        (target / f"{source}.yaml").write_text(text, encoding="utf-8")


def _at_port(supplier: dict[str, Any], port: int) -> dict[str, Any]:
    here = {"base_url": f"http://127.0.0.1:{port}", "hosts": [f"127.0.0.1:{port}"]}
    for category in supplier["categories"]:
        category.pop("minimum", None)
        category.pop("maximum", None)
    bounds = {name: value for name, value in supplier.get("bounds", {}).items() if name not in ("minimum", "maximum")}
    return supplier | here | IMPATIENT | {"bounds": bounds}
