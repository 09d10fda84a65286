"""Readers of head poses: one file a format, all giving `gather.PoseSet`, whose faces are an `adapt` FaceBatch."""
