"""Readers of pictures with boxes of faces: one file a format, all giving the same `adapt.detection_batch`."""
