"""Picked moments as files that other programs open; `search.export.formats` lists them."""
