"""Quality: verdicts about units and the alarms that follow from them."""
