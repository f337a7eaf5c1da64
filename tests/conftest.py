"""What holds for every test: a property test may take its time, as no test here asserts a wall time."""

from hypothesis import settings

settings.register_profile("parkwright", deadline=None, print_blob=True)
settings.load_profile("parkwright")
