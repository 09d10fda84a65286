"""What can be in a picture: geometry and textures as numpy."""
