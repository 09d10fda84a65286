"""What each stage of making a picture costs the process, for benches and `timings.jsonl`."""

import time
from dataclasses import dataclass, field


@dataclass
class Stopwatch:
    """CPU seconds by stage, summed; all threads of the process count."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.process_time)

    def lap(self, stage: str) -> None:
        """Give the time since the last lap to `stage`."""
        now = time.process_time()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now
