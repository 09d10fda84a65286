"""Where things are and where they appear: frames, rotations, cameras, gazes, and the ways of light.

frames         rigid transforms between `world`, `cam`, `head`
rotation       rotations and their Euler angles in the conventions of the field
camera         the pinhole
gaze           a gaze as vector, pitch and yaw
eye_pose       how an eye turns towards a target (Listing)
normalisation  the virtual camera of Zhang 2018, in both label modes
refraction     paths of light through cornea and lenses
visibility     what hides a point
"""
