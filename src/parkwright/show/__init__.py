"""HTTP API and pages: reads the ledger, sends commands to the run, computes nothing."""
