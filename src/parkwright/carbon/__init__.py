"""Carbon: attribution of metered energy to units, emissions and cost in double entry, passports and their proof."""
