"""What happened: facts, the hash chain, and views over them."""
