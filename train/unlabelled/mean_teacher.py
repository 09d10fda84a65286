"""Mean teacher: of real pictures, however changed, a network is to say what the average of its own weights says.

Tarvainen and Valpola, "Mean teachers are better role models" (NIPS 2017), between domains as French, Mackiewicz and
Fisher have it, "Self-ensembling for visual domain adaptation" (ICLR 2018).  The teacher is the moving average that is
kept in any case (train/tasks/averaged.py); it looks at unlabelled pictures under one draw of the changes, without
dropout, normalising by its averaged statistics.  What it says, moved back to the unchanged picture and on to another
draw, is the label of what the student sees, which is told how wrong it is by the loss of its task.  So the consistency
has the unit of that loss:

    L = L(rendered, truth) + weight w(t) L(real, teacher)

Both papers take the squared difference of class probabilities instead, for there are no other losses of classes.
French et al. normalise each side by statistics of its own; here both go through the network together.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.unlabelled.schedules import consistency_weight
from train.tasks.adaptable import AdaptableTask, Adapting, Met, Some


class MeanTeacher(Adapting[Some]):
    """Labels real pictures by the averaged network, step by step."""

    views = 2

    def __init__(self, real: Some, batch_size: int, weight: float, ramp: float) -> None:
        """Keep the pictures, the last weight, and the part of the training over which it rises."""
        super().__init__(real, batch_size)
        self.weight, self.ramp = weight, ramp

    def loss(self, task: AdaptableTask[Some], outputs: Float[Tensor, "b ..."], met: Met[Some]) -> Float[Tensor, ""]:
        """Return the weighted loss of real pictures by the teacher's labels."""
        of_student, of_teacher = met.views
        assert not task.average.training
        with torch.no_grad():
            told = task.outputs(task.average, of_teacher.pictures)
            labelled = task.labelled(of_student, of_teacher, told)
        consistency = task.loss(outputs[met.rendered :], labelled)
        task.log_epoch("train/consistency", consistency.detach(), len(labelled))
        return self.weight * consistency_weight(task.progress, self.ramp) * consistency
