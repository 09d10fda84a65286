"""The whole pipeline: from pictures of any kind to faces with landmarks, head pose and gaze, drawn and as JSON.

Data flows one way, each step a file:

    frames.py     a picture, a folder, a video (video.py), a camera  -> `Frame`s; opening.py makes any file u8 RGB
    track.py      where to look: what the detector finds, or where the faces of the frame before were
    look.py       boxes -> landmarks -> the head's place (place.py), the head's rotation, eyes and their gaze (sight.py)
    faces.py      the record of a face
    drawing.py, writing.py, live.py   pictures, JSON, video, a window; server.py a page for browsers

Places are continuous px of the frame, (0, 0) the corner of its first pixel; `cam` is x right, y down, z forward, metres
(lens.py says through which camera).  What cannot be told of a frame or a face has a cause, a few words, which are
counted: nothing here stops at a picture.
"""
