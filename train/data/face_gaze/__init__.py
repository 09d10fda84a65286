"""Readers of faces with their gaze: one file a format, all giving `gather.FaceGazeSet`, an `adapt` FaceGazeBatch."""
