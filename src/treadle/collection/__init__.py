"""The seed's place for `treadle.dag`: `treadle.collection.dag` is the same module content."""
