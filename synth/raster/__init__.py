"""A second, independent picture of a scene: OpenGL's rasteriser by way of pyrender, which only this package imports."""
