"""Fixtures that several areas share; an area's own are in its own folder."""
