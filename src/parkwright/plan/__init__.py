"""Planning: where the capabilities meet before the fact."""
