"""Whether a data set is what was made: every byte by two checksums, every label by its spec; and its repair.

sample.py       one sample: its labels derived anew, its outlines in the id mask
scene.py        which picture of which scene it is, and the factors of its light
difference.py   where two values of JSON differ
witnesses.py    what the files of a data set say of each other
files.py        every file looked at
repair.py       what is damaged made again, byte for byte
"""
