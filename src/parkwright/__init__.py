"""Parkwright runs a green smart-manufacturing park: one plan, one ledger, one passport a unit."""

__version__ = "0.1.0"
