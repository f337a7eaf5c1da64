"""Moving: transport tasks, roads, which robot takes what, and where each one is."""
