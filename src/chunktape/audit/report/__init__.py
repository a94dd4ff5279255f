"""Reports of an audit, one module a format; they read an `AuditResult` and decide nothing."""

from __future__ import annotations

from chunktape.audit.report.form import FORMATS, Form, write, write_files

__all__ = ["FORMATS", "Form", "write", "write_files"]
