"""Migrations of the operational database, run when it is opened."""
