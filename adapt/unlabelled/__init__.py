"""Adapting a network to real pictures that nobody labelled, without changing a picture.

Where a refiner (adapt/refine) makes rendered pictures look like real ones, these three let the network meet both:

    batch_norm.py   AdaBN: its normalisation knows the statistics of real pictures
    schedules.py    when consistency (mean teacher) and reversal (DANN) begin to count
    reversal.py     DANN: features in which a classifier cannot tell real from rendered
    recipe.py       what is asked for

What of them needs a task and its steps is in train/unlabelled.
"""
