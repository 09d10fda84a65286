"""Mean teacher: of real pictures, however changed, a network is to say what the average of its own weights says.

Tarvainen and Valpola, "Mean teachers are better role models" (NIPS 2017), between domains as French, Mackiewicz and
Fisher have it, "Self-ensembling for visual domain adaptation" (ICLR 2018).  The teacher is the moving average that is
kept in any case (train/tasks/averaged.py); it looks at unlabelled pictures under one draw of the changes, without
dropout, normalising by its averaged statistics.  What it says, brought back to the unchanged picture, is that picture's
label in this step: the student sees it under another draw, the label moved as any label is, and is told how wrong it is
by the loss of its task.  So the consistency has the unit of that loss:

    L = L(rendered, truth) + weight w(t) L(real, teacher)

Both papers take the squared difference of class probabilities instead, for there are no other losses of classes.
French et al. normalise each side by statistics of its own; here both go through the network together.
"""

from jaxtyping import Float
from torch import Generator, Tensor, no_grad

from adapt.unlabelled.schedules import consistency_weight
from train.tasks.adaptable import AdaptableTask, Adapting, Some


class MeanTeacher(Adapting[Some]):
    """Labels real pictures by the averaged network, step by step."""

    def __init__(self, real: Some, batch_size: int, weight: float, ramp: float) -> None:
        """Keep the pictures, the last weight, and the part of the training over which it rises."""
        super().__init__(real, batch_size)
        self.weight, self.ramp = weight, ramp

    def beside(self, task: AdaptableTask[Some], batch: Some, generator: Generator) -> Some:
        """Return the real pictures of this step with the teacher's labels."""
        real = super().beside(task, batch, generator)
        assert not task.average.training
        view, changes = task.changed(real, generator)
        with no_grad():
            return task.labelled(real, task.outputs(task.average, view), changes)

    def loss(
        self, task: AdaptableTask[Some], outputs: Float[Tensor, "b ..."], changed: Some, rendered: int
    ) -> Float[Tensor, ""]:
        """Return the weighted loss of real pictures."""
        consistency = task.loss(outputs[rendered:], changed.take(range(rendered, len(changed))))
        task.log_epoch("train/consistency", consistency.detach(), len(changed) - rendered)
        return self.weight * consistency_weight(task.progress, self.ramp) * consistency
