"""Shapes of the 3-D park, in metres (x east, y north, z up), made from the park folder's nouns and nothing else."""
