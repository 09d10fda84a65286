"""Drawing a scene, one file a part: every function takes the generator first and plain ranges after it."""
