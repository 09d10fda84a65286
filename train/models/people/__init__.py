"""Networks of what a person looks like and who it is: `attributes` and `identity`, on the trunk that they share.

images       (B, 3, s, s)   RGB in [0, 1], square cuts (train/data/face_marks/square.py); standardised inside
features     (B, F)         of the trunk (trunk.py)
outputs      (B, 40)        of each attribute of CelebA, in its order (synth/label/celeba.py): attributes.py
embedding    (B, d)         people are compared by the cosine between theirs: identity.py
"""
