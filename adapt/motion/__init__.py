"""Pictures moved, and every label with them.

    similarity.py   shift, scale and turn about the middle: what a detector's error does to a crop; of batches
    homography.py   flip, crop, scale, turn, and the turn of a camera: any 3x3 map of px, with the camera that sees it
    bend.py         a lens' distortion and a rolling shutter: points move, the scene does not
    elastic.py      a thin plate: points move, and no camera sees the result
    heads.py        rotations of heads in turned and mirrored pictures
    swaps.py        which point is which in a mirror image
    sample.py       all labels and rasters of a sample, moved

Px are continuous everywhere, (0, 0) being the corner of the first pixel.  Pictures are looked at bilinearly, masks at
the nearest pixel; what comes in from outside repeats the edge.
"""
