"""What one load did, in numbers and in a sentence."""

from __future__ import annotations

from typing import NamedTuple


class LoadCounts(NamedTuple):
    """`read == inserted + updated + unchanged + duplicates + sum(rejected.values())`, always."""

    inserted: int
    updated: int
    unchanged: int
    deleted: int  # rows of this day that are no longer in the mart
    expired: int = 0  # rows of earlier days that retention removed
    read: int = 0
    duplicates: int = 0
    cleaned: int = 0  # rows whose text was folded, trimmed or normalised
    rejected: dict[str, int] = {}  # noqa: RUF012  (a NamedTuple's default, never written to)
    version: int = -1

    @property
    def changed(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted or self.expired)

    def sentence(self, dt: str, table: str) -> str:
        """One plain sentence; what was dropped is only named when something was."""
        text = (
            f"Loaded {dt} into {table} from version {self.version} of the mart: {self.inserted} inserted, "
            f"{self.updated} updated, {self.unchanged} unchanged, {self.deleted} deleted"
        )
        text += f", {self.expired} expired" if self.expired else ""
        text += f", {self.cleaned} cleaned" if self.cleaned else ""
        text += f", {self.duplicates} dropped as duplicates" if self.duplicates else ""
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.rejected.items()))
        return text + (f", {sum(self.rejected.values())} rejected ({reasons})." if reasons else ".")
