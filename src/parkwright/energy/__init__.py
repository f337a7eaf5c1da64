"""Energy: sun, buildings, loads, tariffs, heat, storage and lamps, and the plan of the energy plant."""
