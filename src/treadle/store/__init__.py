"""What survives of runs: facts, fingerprints, products."""
