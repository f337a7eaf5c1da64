"""The live day: sense, decide, act; close the books. The only writer of facts."""
