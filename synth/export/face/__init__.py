"""Pictures of faces in the formats of face detection, landmarks, head pose, gaze and attributes; one file a format.

    faces.py        what these formats take from a sample, once
    pose.py         300W-LP's angles and projection
    judge.py        pictures and gt.json, for a bench of other people's models
    wlp300.py       300W-LP: picture and .mat (Hopenet, 6DRepNet)
    aflw2000.py     AFLW2000-3D: the same with AFLW's 21 points
    fsanet.py       FSA-Net's npz of 64x64 faces and angles
    pts.py          300-W: picture and .pts
    widerface.py    WIDER FACE: boxes and six flags
    retinaface.py   RetinaFace's label.txt: boxes and five points
    gazehub.py      GazeHub's MPIIFaceGaze: normalised faces and eyes; gaze: face's centre to target, mode direction
    celeba.py       CelebA: 40 attributes, boxes, five points, identities; aligned pictures

COCO holds faces beside eyes: synth/export/coco.py.  Points are where the camera sees them (`labels.face.apparent`),
numbered from the centre of the first pixel unless a file says otherwise.
"""
