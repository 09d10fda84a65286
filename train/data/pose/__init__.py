"""Readers of head poses: one file a format, all giving the same `adapt.face_batch.FaceBatch`."""
