"""How far rendered eyes are from real ones, before and after refining, and what refining moved that a label says.

    eyes        grey 60x36, histogram-equalised as networks see them (adapt/equalise.py), float or u8
    px          of that picture, (0, 0) the corner of its first pixel
    features    (N, d) float64, one row a picture, from train/gap/features.py

The verb `canthus refine measure` puts it together; docs/refining.md, "Measuring", says how to read it.
"""
