"""A scene in Blender, traced by Cycles; the only importer of bpy."""
