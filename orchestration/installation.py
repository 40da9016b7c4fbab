"""What an installation is made of, read from Airflow's Variables and Connections inside a task and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conf.lake import Lake


@dataclass(frozen=True)
class Installation:
    """One value for each Variable. The prefixes are folders of the bucket; for one that is empty in Airflow the default is taken."""

    bucket: str
    lake: Lake
    code: str
    ddb_table: str
    rds_table: str
    max_rounds: int
    max_pages: int | None
    crawl_count: int | None
    supplier_code: str | None
    docs_url: str
    keep_days: int
    keep_older: str

    @classmethod
    def from_variables(cls, get: Any) -> Installation:
        """Reads them with `get(name, default)`; `airflow.sdk.Variable.get` will do. A number that is none is an error."""
        bucket = _required(get, "DATA_BUCKET")
        if "/" in bucket:
            raise ValueError(f"The Airflow Variable DATA_BUCKET is '{bucket}': write the bucket's name alone.")
        root = f"s3://{bucket}"
        layers = {
            layer: f"{root}/{_text(get, f'{layer.upper()}_S3_PREFIX').strip('/') or layer}"
            for layer in ("raw", "clean", "mart")
        }
        return cls(
            bucket=bucket,
            lake=Lake.at(root, **layers),
            code=f"{root}/{_text(get, 'CODE_S3_PREFIX').strip('/') or 'code'}",
            ddb_table=_required(get, "DDB_TABLE"),
            rds_table=_text(get, "RDS_TABLE") or "parts_master",
            max_rounds=_number(get, "DDB_RETRY_MAX_ATTEMPTS") or 0,
            max_pages=_number(get, "MAX_PAGES"),
            crawl_count=_number(get, "CRAWL_COUNT"),
            supplier_code=_text(get, "SUPPLIER_CODE") or None,
            docs_url=_text(get, "DOCS_URL").rstrip("/"),
            keep_days=31 if (days := _number(get, "RDS_KEEP_DAYS")) is None else days,
            keep_older=_one_of(get, "RDS_KEEP_OLDER", ("changes", "nothing", "everything")),
        )

    def docs_link(self, docs: str) -> str:
        """The web address of a page below the lake's `docs/`; empty where the installation does not serve them."""
        return f"{self.docs_url}{docs.removeprefix(self.lake.docs)}" if self.docs_url and docs else ""


def storage_options(credentials: Any, region: str | None, endpoint: str | None) -> dict[str, str]:
    """The settings with which `deltalake` reaches the bucket that the Connection `aws_default` reaches."""
    options = {"AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key}
    if credentials.token:
        options["AWS_SESSION_TOKEN"] = credentials.token
    if region:
        options["AWS_REGION"] = region
    if endpoint:
        options |= {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": str(endpoint.startswith("http://")).lower()}
    return options


def check_later_stages(get: Any, here: Installation) -> None:
    """What only the crawl, EMR and the load need: hours into a day is too late to hear that it is wrong."""
    from orchestration.load import Keep, LoadError
    from orchestration.load.database import Table

    for name in ("MASTER_SFN_ARN", "EMR_CLUSTER_ID"):
        _required(get, name)
    try:
        Table.named(here.rds_table)
    except LoadError as error:
        raise ValueError(f"The Airflow Variable RDS_TABLE: {error}") from error
    try:
        Keep(here.keep_days, here.keep_older)
    except ValueError as error:
        raise ValueError(f"The Airflow Variable RDS_KEEP_DAYS: {error}") from error


def _text(get: Any, name: str) -> str:
    return str(get(name, "") or "").strip()


def _required(get: Any, name: str) -> str:
    value = _text(get, name)
    if not value:
        raise ValueError(f"The Airflow Variable {name} is not set. conf/airflow.env.example says what it is for.")
    return value


def _one_of(get: Any, name: str, words: tuple[str, ...]) -> str:
    """The Variable's value, one of `words`; the first of them if it is not set."""
    found = _text(get, name) or words[0]
    if found not in words:
        raise ValueError(f"The Airflow Variable {name} is '{found}', which is none of {', '.join(words)}.")
    return found


def _number(get: Any, name: str) -> int | None:
    text = _text(get, name)
    if not text:
        return None
    if not text.isdecimal():
        raise ValueError(
            f"The Airflow Variable {name} is '{text}', which is not a whole number. Leave it empty for no limit."
        )
    return int(text)
