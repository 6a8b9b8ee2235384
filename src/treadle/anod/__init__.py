"""The seed's place for `treadle.status`."""
