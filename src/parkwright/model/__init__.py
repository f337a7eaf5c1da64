"""The park as data: nouns, tables, units of measure and intervals; it imports nothing of parkwright."""
