"""What must hold between the nouns of a park folder; each rule reports to the draft's reader."""
