"""Where the tables of the lake are. The one place that knows the paths; every job, gate and loader asks it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Lake:
    """The roots of the layers, each an `s3://bucket/prefix` or a local folder, without a slash at the end."""

    raw: str
    clean: str
    mart: str
    docs: str

    @classmethod
    def at(cls, root: str, *, raw: str = "", clean: str = "", mart: str = "", docs: str = "") -> Lake:
        """The lake below `root`; a layer that an installation keeps elsewhere is named by its own root."""
        root = root.rstrip("/")
        return cls(
            raw=raw.rstrip("/") or f"{root}/raw",
            clean=clean.rstrip("/") or f"{root}/clean",
            mart=mart.rstrip("/") or f"{root}/mart",
            docs=docs.rstrip("/") or f"{root}/docs",
        )

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Lake:
        """The lake that `add_arguments` read from a command line."""
        return cls.at(
            arguments.lake, raw=arguments.raw, clean=arguments.clean, mart=arguments.mart, docs=arguments.docs
        )

    def arguments(self) -> list[str]:
        """The words that hand this lake to a job; `from_arguments` reads them back."""
        return ["--raw", self.raw, "--clean", self.clean, "--mart", self.mart, "--docs", self.docs]

    def offers(self, source: str, dt: str) -> str:
        """The folder of one source's raw offers of one day, over all its runs."""
        return f"{self.raw}/{source}/offers/dt={dt}"

    @property
    def clean_offers(self) -> str:
        return f"{self.clean}/offers"

    @property
    def rejected_offers(self) -> str:
        return f"{self.clean}/rejected"

    def mart_table(self, name: str) -> str:
        """The path of a table of the mart, such as `name_price_summary`."""
        return f"{self.mart}/{name}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--lake ROOT` and one option for each layer that may live elsewhere."""
    parser.add_argument(
        "--lake", default="", metavar="ROOT", help="s3://bucket or a folder with raw/, clean/ and mart/"
    )
    for layer in ("raw", "clean", "mart", "docs"):
        parser.add_argument(f"--{layer}", default="", metavar="ROOT", help=f"where {layer}/ is, if not below --lake")
