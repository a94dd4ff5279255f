"""Counts, costs and the names of providers, under the name of Mirascope v1's module."""

from chunktape.calls.cost_metadata import (
    AudioMetadata,
    CostMetadata,
    GoogleMetadata,
    ImageMetadata,
    PDFImageMetadata,
    PDFMetadata,
    VideoMetadata,
)
from chunktape.calls.usage import FinishReason, JsonableType, LocalProvider, Provider, Usage

__all__ = [
    "AudioMetadata",
    "CostMetadata",
    "FinishReason",
    "GoogleMetadata",
    "ImageMetadata",
    "JsonableType",
    "LocalProvider",
    "PDFImageMetadata",
    "PDFMetadata",
    "Provider",
    "Usage",
    "VideoMetadata",
]
