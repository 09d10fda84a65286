"""How strongly an adaptation counts in the course of a training; `progress` goes from 0 to 1.

Both rise, because neither is worth anything before the network has learnt something of its task.
"""

import math


def reversal_strength(progress: float, slope: float) -> float:
    """Return the strength of reversed gradients, from 0 to nearly 1.

    Ganin et al. 2016 (section 5.2.2): lambda_p = 2 / (1 + exp(-gamma p)) - 1, with gamma = 10.
    """
    return 2 / (1 + math.exp(-slope * progress)) - 1


def consistency_weight(progress: float, ramp: float) -> float:
    """Return the part of the consistency's weight that counts; 1 from the part `ramp` of the training on.

    Laine and Aila, "Temporal ensembling for semi-supervised learning" (ICLR 2017), and after them Tarvainen and
    Valpola: exp(-5 (1 - T)^2), T going from 0 to 1 while the weight rises.
    """
    risen = 1.0 if progress >= ramp else progress / ramp
    return math.exp(-5 * (1 - risen) ** 2)
