"""A data set in the formats that other people's code reads, so that it trains there unchanged; one file a format.

    unityeyes.py     folder of N.jpg and N.json, as the UnityEyes program writes it; gaze: optical axis
    mpiigaze.py      MPIIGaze's Data/Normalized/*.mat and Evaluation Subset; gaze: target direction, mode mpiigaze_2015
    mpiigaze_h5.py   the same rows as pytorch_mpiigaze's MPIIGaze.h5, right eyes mirrored
    coco.py          pictures and COCO keypoints of lids, caruncle, iris and pupil, and of faces; gazes beside them
    face/            formats of pictures that hold a whole face

Each writes a README.txt that names its gaze, its mode, its pixels and what it had to choose.
"""
