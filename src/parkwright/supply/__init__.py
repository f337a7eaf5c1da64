"""Supply: when material is there."""
