"""Looking through finished data sets: which samples, what they show, how their labels are spread.

filter.py     `eyes.left.openness > 0.3 and attributes.glasses = none`: a condition on the columns of index.parquet
corpus.py     one data set: columns read when they are asked for, samples read from the middle of their shards
routes.py     what the page of `canthus preview` asks of it

Needs neither Blender nor hydra nor torch.
"""
