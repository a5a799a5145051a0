"""Plots in the metadata of assets: PNG within Markdown, so that the page needs nothing else."""

import base64

import dagster as dg


def plot(name: str, png: bytes) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")
