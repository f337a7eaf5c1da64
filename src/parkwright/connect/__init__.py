"""The outside world: one protocol per file, behind the ports of run; wire names stop here."""
