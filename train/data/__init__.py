"""Readers: one file a format, all giving the same `adapt.batch.Batch`."""
