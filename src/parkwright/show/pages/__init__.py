"""The pages that people see; each asks the API's functions for its answer and draws it."""

from __future__ import annotations

from fastapi import FastAPI

from parkwright.show.pages import (
    buildings,
    carbon,
    energy,
    energy_ahead,
    energy_try,
    factors,
    greening,
    home,
    missing,
    paper,
    passport,
    plan,
    postings,
    report,
    requests,
    sign_in,
    zero_carbon,
)

PAGES = (
    home, plan, energy, energy_ahead, energy_try, buildings, passport, sign_in, missing, carbon, zero_carbon, greening,
    report, requests, postings, factors,
)  # fmt: skip
"""Modules whose import registers their NiceGUI pages."""


def mount(app: FastAPI) -> None:
    """Add the pages that are plain HTML; NiceGUI's are mounted with ui.run_with."""
    app.include_router(paper.router)
