"""The simulated park: lines, robots, buildings, meters and energy plant, behind the ports that connect implements."""
