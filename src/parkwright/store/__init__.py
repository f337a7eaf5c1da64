"""Park folders, the ledger's journal and lake, the operational database."""
